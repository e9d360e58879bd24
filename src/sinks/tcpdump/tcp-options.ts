/** TCP options: https://www.iana.org/assignments/tcp-parameters */
import { hex, hex2, hex4 } from './format.ts';
import { printMptcp } from './mptcp.ts';
import type { Page } from './page.ts';

const Kind = {
  end: 0,
  nop: 1,
  mss: 2,
  windowScale: 3,
  sackOk: 4,
  sack: 5,
  echo: 6,
  echoReply: 7,
  timestamp: 8,
  cc: 11,
  ccNew: 12,
  ccEcho: 13,
  md5: 19,
  scps: 20,
  userTimeout: 28,
  tcpAo: 29,
  mptcp: 30,
  fastOpen: 34,
  experiment: 254,
} as const;

const names = new Map<number, string>([
  [Kind.end, 'eol'],
  [Kind.nop, 'nop'],
  [Kind.mss, 'mss'],
  [Kind.windowScale, 'wscale'],
  [Kind.sackOk, 'sackOK'],
  [Kind.sack, 'sack'],
  [Kind.echo, 'echo'],
  [Kind.echoReply, 'echoreply'],
  [Kind.timestamp, 'TS'],
  [Kind.cc, 'cc'],
  [Kind.ccNew, 'ccnew'],
  [Kind.ccEcho, ''],
  [Kind.md5, 'md5'],
  [Kind.scps, 'scps'],
  [Kind.userTimeout, 'uto'],
  [Kind.tcpAo, 'tcp-ao'],
  [Kind.mptcp, 'mptcp'],
  [Kind.fastOpen, 'tfo'],
  [Kind.experiment, 'exp'],
]);

/** What ended the printing of an option too early. */
const Fault = { none: 0, bad: 1, cut: 2 } as const;
type Fault = (typeof Fault)[keyof typeof Fault];

/** Data bytes of the option being printed: not always what its length field says. */
let dataLength = 0;

/**
 * @param flags the segment's
 * @param sackBase subtracted from selective acknowledgements
 * @returns false when the rest of the segment is not to be printed
 */
export function printTcpOptions(
  p: Page,
  at: number,
  length: number,
  flags: number,
  sackBase: number,
): boolean {
  p.text += ', options [';
  let separator = '';
  while (length > 0) {
    p.text += separator;
    const kind = p.u8(at++);
    const bare = kind === Kind.end || kind === Kind.nop;
    let size = 1;
    if (!bare) {
      size = p.u8(at++);
      if (size < 2 || size > length) return fault(p, Fault.bad, separator);
      length--;
    }
    length--;
    p.text += names.get(kind) ?? `unknown-${kind}`;
    dataLength = 0;
    if (!bare && kind !== Kind.sackOk) {
      const wrong = printOption(p, kind, at, size, length, flags, sackBase);
      if (wrong !== Fault.none) return fault(p, wrong, separator);
    }
    at += dataLength;
    length -= dataLength;
    if (dataLength + (bare ? 1 : 2) !== size) p.text += `[len ${size}]`;
    separator = ',';
    if (kind === Kind.end) break;
  }
  p.text += ']';
  return true;
}

function fault(p: Page, what: Fault, separator: string): boolean {
  if (what === Fault.bad) p.text += '[bad opt]';
  else p.cutMark();
  if (separator !== '') p.text += what === Fault.bad ? ']' : '>';
  return false;
}

/** @param left bytes of all options from `at` on */
function printOption(
  p: Page,
  kind: number,
  at: number,
  size: number,
  left: number,
  flags: number,
  sackBase: number,
): Fault {
  const fixed = fixedSizes.get(kind);
  dataLength = fixed ?? size - 2;
  if (fixed !== undefined || kind === Kind.mptcp || kind === Kind.fastOpen || kind === Kind.experiment) {
    const wrong = lacks(p, at, dataLength, left);
    if (wrong !== Fault.none) return wrong;
  }
  switch (kind) {
    case Kind.mss:
      p.text += ` ${p.u16(at)}`;
      break;
    case Kind.windowScale:
      p.text += ` ${p.u8(at)}`;
      break;
    case Kind.sack:
      if (dataLength % 8 !== 0) {
        p.text += ' invalid sack';
        break;
      }
      p.text += ` ${dataLength / 8} `;
      for (let i = 0; i < dataLength; i += 8) {
        const wrong = lacks(p, at, i + 4, left) || lacks(p, at, i + 8, left);
        if (wrong !== Fault.none) return wrong;
        p.text += `{${(p.u32(at + i) - sackBase) >>> 0}:${(p.u32(at + i + 4) - sackBase) >>> 0}}`;
      }
      break;
    case Kind.cc:
    case Kind.ccNew:
    case Kind.ccEcho:
    case Kind.echo:
    case Kind.echoReply:
      p.text += ` ${p.u32(at)}`;
      break;
    case Kind.timestamp:
      p.text += ` val ${p.u32(at)} ecr ${p.u32(at + 4)}`;
      break;
    case Kind.md5:
      p.text += ' ';
      printSignature(p, at);
      break;
    case Kind.scps:
      p.text += ` cap ${hex2[p.u8(at)]} id ${p.u8(at + 1)}`;
      break;
    case Kind.tcpAo:
      return printAuthentication(p, at, left);
    case Kind.userTimeout: {
      // RFC 5482 section 2: one bit says whether it is minutes.
      const value = p.u16(at);
      p.text += ` 0x${hex(value)} ${(value >> 1) * ((value & 1) === 1 ? 60 : 1)}`;
      break;
    }
    case Kind.mptcp: {
      const end = p.end;
      p.end = Math.min(end, at - 2 + size);
      const good = printMptcp(p, at - 2, size, flags);
      p.end = end;
      return good ? Fault.none : Fault.bad;
    }
    case Kind.fastOpen:
      p.text += ' ';
      printCookie(p, at, dataLength);
      break;
    case Kind.experiment: {
      // RFC 6994: two bytes tell whose experiment it is.
      if (dataLength < 2) return Fault.bad;
      const id = p.u16(at);
      if (id === 0xf989) {
        p.text += '-tfo';
        printCookie(p, at + 2, dataLength - 2);
      } else p.text += `-${hex4(id)}`;
      break;
    }
    default:
      if (dataLength > 0) p.text += ' 0x';
      return printBytes(p, at, 0, left);
  }
  return Fault.none;
}

const fixedSizes = new Map<number, number>([
  [Kind.mss, 2],
  [Kind.windowScale, 1],
  [Kind.echo, 4],
  [Kind.echoReply, 4],
  [Kind.timestamp, 8],
  [Kind.cc, 4],
  [Kind.ccNew, 4],
  [Kind.ccEcho, 4],
  [Kind.md5, 16],
  [Kind.scps, 2],
  [Kind.userTimeout, 2],
]);

function lacks(p: Page, at: number, count: number, left: number): Fault {
  if (count > left) return Fault.bad;
  return p.has(at, count) ? Fault.none : Fault.cut;
}

function printBytes(p: Page, at: number, from: number, left: number): Fault {
  for (let i = from; i < dataLength; i++) {
    const wrong = lacks(p, at, i + 1, left);
    if (wrong !== Fault.none) return wrong;
    p.text += hex2[p.u8(at + i)];
  }
  return Fault.none;
}

/** RFC 5925 section 2.2. */
function printAuthentication(p: Page, at: number, left: number): Fault {
  if (dataLength < 2) {
    p.invalid();
    return Fault.none;
  }
  let wrong = lacks(p, at, 1, left);
  if (wrong !== Fault.none) return wrong;
  p.text += ` keyid ${p.u8(at)}`;
  wrong = lacks(p, at, 2, left);
  if (wrong !== Fault.none) return wrong;
  p.text += ` rnextkeyid ${p.u8(at + 1)}`;
  if (dataLength === 2) return Fault.none;
  p.text += ' mac 0x';
  return printBytes(p, at, 2, left);
}

/** RFC 2385. There is no way to hand a shared secret over. */
function printSignature(p: Page, at: number): void {
  p.text += `${signatureReason(p)}can't check - `;
  for (let i = 0; i < 16; i++) p.text += hex2[p.u8(at + i)];
}

const signatureReason = (p: Page) =>
  p.segmentEnd > p.end ? 'snaplen too short, ' : 'shared secret not supplied with -M, ';

/** RFC 7413 section 4.1.1. */
function printCookie(p: Page, at: number, length: number): void {
  if (length === 0) p.text += ' cookiereq';
  else if (length % 2 !== 0 || length < 4 || length > 16) p.invalid();
  else {
    p.text += ' cookie ';
    for (let i = 0; i < length; i++) p.text += hex2[p.u8(at + i)];
  }
}
