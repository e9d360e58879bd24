/** WebSocket: frames and compressed messages, damaged, cut and with holes, are read within the limits. */
import { websocket } from '../src/protocols/websocket/index.ts';
import { analyzerTarget } from './lib/analyzer.ts';

export const target = analyzerTarget(websocket, {
  tokens: ['\x81\x05hello', '\x88\x02\x03\xe8', '\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00', '\x00\x00\xff\xff'],
});
