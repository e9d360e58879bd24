/** While a capture runs: the most likely reason why nothing has been shown, from what costs nothing to know. */
import { count, figure, list } from './words.ts';

export interface QuietFacts {
  readonly seconds: number;
  /** Packets that passed each interface since it was opened, by the kernel's counters. */
  readonly passed: readonly { readonly name: string; readonly packets: number }[];
  readonly filter: string;
  readonly direction: '' | 'in' | 'out';
  /** Frames handed on; those that passed the kernel's filter; those it dropped. */
  readonly captured: number;
  readonly received: number;
  readonly dropped: number;
  /** Entries that -Y has hidden. */
  readonly hidden: number;
  /** Payload on which no protocol was found, and of TLS. */
  readonly undecodedBytes: number;
  readonly tlsBytes: number;
  /** Unix sockets that its processes are connected by. */
  readonly unix: readonly string[];
}

/** One line, without a full stop. */
export function whyQuiet(facts: QuietFacts): string {
  // Packets that were decoded, or that a filter keeps back, are a reason of their own.
  const isSilent = facts.hidden + facts.undecodedBytes + facts.tlsBytes === 0 && facts.filter === '';
  const beside = isSilent && facts.unix.length > 0 ? `; ${besides(facts.unix)}` : '';
  return `nothing shown yet: ${reason(facts)}${beside}`;
}

function reason(f: QuietFacts): string {
  if (f.passed.length === 0) return 'no interface that is up is there to be captured';
  const moved = f.passed.filter((i) => i.packets > 0);
  const total = moved.reduce((sum, i) => sum + i.packets, 0);
  const where = list(moved.map((i) => i.name));
  if (f.dropped > 0 && f.captured === 0)
    return `${count(f.dropped, 'packet')} dropped by the kernel, none read`;
  if (f.captured === 0) {
    if (total === 0)
      return `no packet passed ${list(f.passed.map((i) => i.name))} in ${Math.round(f.seconds)} s`;
    const were = `${count(total, 'packet')} passed ${where}`;
    if (f.direction !== '' && f.received > 0)
      return `${were}, and none of the ${count(f.received, 'packet')} that were wanted goes ${f.direction} (-Q)`;
    return f.filter === '' ? `${were}, none of them was captured` : `${were} and the filter kept 0 of them`;
  }
  const captured = `${count(f.captured, 'packet')} captured`;
  if (f.hidden > 0)
    return `${captured}, and -Y hides ${f.hidden === 1 ? 'the one entry' : `all ${figure(f.hidden)} entries`}`;
  if (f.undecodedBytes > 0 && f.undecodedBytes >= f.tlsBytes)
    return `${captured}, of no protocol that is decoded`;
  if (f.tlsBytes > 0) return `${captured}, of TLS whose handshake was not seen`;
  return `${captured}, no whole request and answer among them`;
}

const besides = (names: readonly string[]) =>
  `its processes are connected by unix sockets, which no packet capture sees: ${list(names)}`;
