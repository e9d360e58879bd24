/** Live rates without a capture: the kernel's own counters of a namespace's interfaces. */
import type { Target } from '../model/index.ts';
import { type InterfaceCounters, parseNetDev } from './proc/addresses.ts';
import { anyProcessIn } from './proc/scan.ts';
import { netnsOf, readProc } from './proc/stat.ts';

/** Totals since the interfaces were made; two samples make a rate. */
export interface TrafficSample {
  /** Every interface but lo, added up. */
  readonly rxBytes: number;
  readonly rxPackets: number;
  readonly txBytes: number;
  readonly txPackets: number;
  /** On lo each packet is sent and received: counted once. */
  readonly loopbackBytes: number;
  readonly loopbackPackets: number;
  readonly interfaces: readonly InterfaceCounters[];
}

/** undefined when the target has ended, or is a bare namespace without a process. */
export function sampleTraffic(target: Target): TrafficSample | undefined {
  const pid = target.pid > 0 ? target.pid : anyProcessIn(target.netns);
  // The number may have a new owner since: its counters would be someone else's.
  if (pid === 0 || (target.netns > 0 && netnsOf(pid) !== target.netns)) return undefined;
  const text = readProc(pid, 'net/dev');
  return text === undefined ? undefined : sum(parseNetDev(text));
}

function sum(interfaces: readonly InterfaceCounters[]): TrafficSample {
  let [rxBytes, rxPackets, txBytes, txPackets, loopbackBytes, loopbackPackets] = [0, 0, 0, 0, 0, 0];
  for (const i of interfaces) {
    if (i.name === 'lo') {
      loopbackBytes += i.rxBytes;
      loopbackPackets += i.rxPackets;
      continue;
    }
    rxBytes += i.rxBytes;
    rxPackets += i.rxPackets;
    txBytes += i.txBytes;
    txPackets += i.txPackets;
  }
  return { rxBytes, rxPackets, txBytes, txPackets, loopbackBytes, loopbackPackets, interfaces };
}
