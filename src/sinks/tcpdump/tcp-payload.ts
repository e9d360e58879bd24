/** What a TCP segment carries, told by its ports. */
import { latin1 } from '../../util/bytes.ts';
import { printDns } from './dns.ts';
import type { Page } from './page.ts';
import { printRedis } from './redis.ts';
import { printTelnet } from './telnet.ts';
import { printFtp, printHttp, printRtsp, printSmtp, printSsh, printWhois } from './text-protocols.ts';

type Print = (p: Page, at: number, length: number) => void;

/** tcpdump has a printer of its own for these; here they are left as they are. */
const plain: Print = () => {};

const dns: Print = (p, at, length) => printDns(p, at, length, { tcp: true, multicast: false });

/** In the order in which tcpdump asks: the first one that is either end's port prints. */
const printers: readonly (readonly [print: Print, ...ports: number[]])[] = [
  [printTelnet, 23],
  [printSmtp, 25],
  [printWhois, 43],
  [plain, 179], // BGP
  [plain, 1723], // PPTP
  [printRedis, 6379],
  [printSsh, 22],
  [printBeep, 10288],
  [plain, 6633, 6653], // OpenFlow
  [printFtp, 21],
  [printHttp, 80, 8080],
  [printRtsp, 554, 8554],
  [dns, 53],
  [plain, 639], // MSDP
  [plain, 323], // RPKI-RTR
  [plain, 646], // LDP
  [plain, 2049], // NFS
];

/** Index into `printers` plus one by port, 0 for none. */
const rankOf = new Uint8Array(65_536);
printers.forEach(([, ...ports], rank) => {
  for (const port of ports) rankOf[port] = rank + 1;
});

export function printTcpPayload(
  p: Page,
  at: number,
  length: number,
  source: number,
  destination: number,
): void {
  const a = rankOf[source]!;
  const b = rankOf[destination]!;
  if (a === 0 && b === 0) return;
  printers[(a === 0 || (b !== 0 && b < a) ? b : a) - 1]![0](p, at, length);
}

const beepWords: Readonly<Record<string, string>> = {
  'MSG\0': 'MSG',
  'RPY ': 'RPY',
  'ERR ': 'ERR',
  'ANS ': 'ANS',
  'NUL ': 'NUL',
  'SEQ ': 'SEQ',
  'END\0': 'END',
};

/** RFC 3080 section 2.2.1. */
function printBeep(p: Page, at: number, length: number): void {
  p.protocol = 'beep';
  const word = length >= 4 && p.has(at, 4) ? beepWords[latin1(p.buf, at, at + 4)] : undefined;
  p.text += ` BEEP ${word ?? '(payload or undecoded)'}`;
}
