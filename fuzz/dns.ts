/** DNS over UDP and TCP: messages damaged, cut and with holes are read within the limits. */
import { dns } from '../src/protocols/dns/index.ts';
import { analyzerTarget } from './lib/analyzer.ts';

export const target = analyzerTarget(dns, {
  tokens: [
    '\xc0\x0c',
    '\xc0\x00',
    '\xff\xff',
    '\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00',
    '\x00\x0f\x00\x02\x00\x12',
    '\x00\x01\x00\x01',
    '\x00\xfc\x00\x01',
    '\x00\x06\x00\x01',
    '\x3f',
  ],
});
