/** A capture file as a fuzz target: read the same at any size of chunk, and nothing thrown but for its head. */
import { CaptureDecoder, CaptureFileError } from '../../src/pcap/index.ts';
import type { Random } from './random.ts';

export function readFile(input: Uint8Array, random: Random): void {
  const whole = events(input, input.length || 1);
  const cut = 1 + random.below(64);
  const inParts = events(input, cut);
  if (whole !== inParts)
    throw new Error(`in pieces of ${cut} it reads\n${inParts}\nwhole it reads\n${whole}`);
}

function events(input: Uint8Array, cut: number): string {
  const lines: string[] = [];
  let interfaces = 0;
  let number = 0;
  const out = {
    interface(iface: { id: number }) {
      if (iface.id !== interfaces++)
        throw new Error(`interface ${iface.id} comes as number ${interfaces - 1}`);
    },
    frame(f: import('../../src/model/index.ts').Frame) {
      if (f.number !== ++number) throw new Error(`frame ${f.number} comes as number ${number}`);
      if (f.start < 0 || f.capLen < 0 || f.start + f.capLen > f.buf.length) throw new Error('bytes outside');
      if (f.origLen < f.capLen) throw new Error(`${f.capLen} bytes of ${f.origLen}`);
      if (!(f.nsec >= 0 && f.nsec < 1e9) || !(f.sec >= 0 && f.sec <= 253_402_300_799 + 5))
        throw new Error(`time ${f.sec}.${f.nsec}`);
      let sum = 0;
      for (let i = 0; i < f.capLen; i++) sum = (sum * 31 + f.buf[f.start + i]!) | 0;
      lines.push(`${f.iface.id} ${f.sec}.${f.nsec} ${f.capLen} ${f.origLen} ${f.direction} ${sum}`);
    },
    loss(loss: { kind: string; detail?: string; count: number }) {
      lines.push(`${loss.kind} ${loss.count} ${loss.detail ?? ''}`);
    },
    name(address: string, name: string) {
      lines.push(`${address} ${name}`);
    },
    secrets(type: number, bytes: Uint8Array) {
      lines.push(`${type} ${bytes.length}`);
    },
  };
  const decoder = new CaptureDecoder();
  try {
    for (let at = 0; at < input.length; at += cut) decoder.feed(input.slice(at, at + cut), out);
    decoder.end(out);
  } catch (error) {
    // Which words are found depends on how much of the head there is.
    if (error instanceof CaptureFileError) return 'no capture';
    throw error;
  }
  return lines.join('\n');
}
