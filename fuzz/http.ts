/** HTTP/1: messages damaged, cut and with holes are read within the limits. */
import { http } from '../src/protocols/http/index.ts';
import { analyzerTarget } from './lib/analyzer.ts';

export const target = analyzerTarget(http, {
  tokens: [
    '\r\n',
    '\r\n\r\n',
    '\n\n',
    ' HTTP/1.1\r\n',
    'HTTP/1.1 200 OK\r\n',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n',
    'HTTP/1.1 100 Continue\r\n\r\n',
    'GET / HTTP/1.1\r\n\r\n',
    'CONNECT a:1 HTTP/1.1\r\n\r\n',
    'HEAD / HTTP/1.1\r\n',
    'Content-Length: ',
    'Content-Length: 5\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Upgrade: h2c\r\n',
    'Expect: 100-continue\r\n',
    '5\r\nhello\r\n',
    '0\r\n\r\n',
    'ffffffffffff\r\n',
    ';ext=1',
    ' folded\r\n',
  ],
});
