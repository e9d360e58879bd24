/** wire: any bytes under any link type decode to offsets within the bytes. */
import { LinkType } from '../src/model/index.ts';
import { createPacket, decode, decodeTransport } from '../src/wire/index.ts';
import { frame } from '../src/wire/testing/build.ts';
import { sampleFrames } from './lib/frames.ts';
import type { Target } from './lib/target.ts';

const linktypes = [...Object.values(LinkType), 12, 14, 250];
const packet = createPacket();

export const target: Target = {
  name: 'decode',
  seeds: sampleFrames,
  run(input, random) {
    const f = frame([...input], 0, random.chance(4) ? random.below(input.length + 1) : input.length);
    f.origLen = input.length + (random.chance(8) ? random.below(70_000) : 0);
    f.iface = { ...f.iface, linktype: random.chance(2) ? LinkType.ethernet : random.pick(linktypes) };
    decode(f, packet);
    check(packet);
    if (packet.ipPayloadOff < 0 || packet.transport !== 0) return;
    decodeTransport(packet);
    check(packet);
  },
};

function check(p: typeof packet): void {
  const { end, payloadOff, payloadCap, payloadLen } = p;
  if (payloadCap < 0 || payloadLen < payloadCap) throw new Error(`payload ${payloadCap} of ${payloadLen}`);
  if (payloadCap > 0 && (payloadOff < p.frame.start || payloadOff + payloadCap > end))
    throw new Error(`payload at ${payloadOff}+${payloadCap}, the frame ends at ${end}`);
  if (p.ipVersion !== 0) {
    const length = p.ipVersion === 6 ? 16 : 4;
    if (p.srcOff + length > end || p.dstOff + length > end) throw new Error('addresses outside');
  }
  if (p.transport !== 0 && p.ipVersion === 0) throw new Error('transport without IP');
  if (p.transport === 6 && p.tcpOptOff + p.tcpOptLen > end) throw new Error('TCP options outside');
}
