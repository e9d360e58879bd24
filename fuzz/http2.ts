/** HTTP/2: frames and header blocks, damaged, cut and with holes, are read within the limits. */
import { http2 } from '../src/protocols/http2/index.ts';
import { analyzerTarget } from './lib/analyzer.ts';

export const target = analyzerTarget(http2, {
  tokens: [
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    '\0\0\x04\x08\0\0\0\0\0',
    '\0\0\0\x04\0\0\0\0\0',
    ':status',
    '\x82\x86\x84',
  ],
});
