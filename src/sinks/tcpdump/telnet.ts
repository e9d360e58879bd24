/** Telnet commands among the text: RFC 854, RFC 855. */
import { hex } from './format.ts';
import { printHexAt } from './hex.ts';
import type { Page } from './page.ts';

const iac = 255;
const se = 240;
const subnegotiation = 250;
const firstCommand = 236;

const commands = 'EOF SUSP ABORT EOR SE NOP DMARK BRK IP AO AYT EC EL GA SB WILL WONT DO DONT IAC'.split(' ');

/** https://www.iana.org/assignments/telnet-options */
const options = (
  'BINARY,ECHO,RCP,SUPPRESS GO AHEAD,NAME,STATUS,TIMING MARK,RCTE,NAOL,NAOP,NAOCRD,NAOHTS,NAOHTD,NAOFFD,' +
  'NAOVTS,NAOVTD,NAOLFD,EXTEND ASCII,LOGOUT,BYTE MACRO,DATA ENTRY TERMINAL,SUPDUP,SUPDUP OUTPUT,' +
  'SEND LOCATION,TERMINAL TYPE,END OF RECORD,TACACS UID,OUTPUT MARKING,TTYLOC,3270 REGIME,X.3 PAD,NAWS,' +
  'TSPEED,LFLOW,LINEMODE,XDISPLOC,OLD-ENVIRON,AUTHENTICATION,ENCRYPT,NEW-ENVIRON'
).split(',');

const authentication = 37;
const encryption = 38;

/** First bytes of a subnegotiation by option; the names of each in turn. */
const qualifiers: Readonly<Record<number, readonly (readonly string[])[]>> = {
  [authentication]: [
    ['IS', 'SEND', 'REPLY', 'NAME'],
    'NULL KERBEROS_V4 KERBEROS_V5 SPX MINK SRP RSA SSL - - LOKI SSA KEA_SJ KEA_SJ_INTEG DSS NTLM'.split(' '),
  ],
  [encryption]: [
    'IS SUPPORT REPLY START END REQUEST-START REQUEST-END END_KEYID DEC_KEYID'.split(' '),
    (
      'NULL DES_CFB64 DES_OFB64 DES3_CFB64 DES3_OFB64 - CAST5_40_CFB64 CAST5_40_OFB64 CAST128_CFB64 ' +
      'CAST128_OFB64'
    ).split(' '),
  ],
};
const commonQualifiers = [['IS', 'SEND', 'INFO']];

/** C's %#x: no prefix for 0. */
const sharpHex = (n: number) => (n === 0 ? '0' : `0x${hex(n)}`);

const named = (names: readonly string[], n: number) => {
  const name = names[n];
  return name === undefined || name === '-' ? sharpHex(n) : name;
};

/** Text of the command `commandAt` read. */
let text = '';

/** Reads a command into `text`. @returns its length, -1 when it is none */
function commandAt(p: Page, at: number, length: number): number {
  const end = at + length;
  if (length < 2) return -1;
  if (p.u8(at) !== iac) return -1;
  const command = p.u8(at + 1);
  if (command === iac) {
    text = 'IAC IAC';
    return 2;
  }
  const name = commands[command - firstCommand];
  if (name === undefined) return -1;
  // SB, WILL, WONT, DO, DONT: an option follows.
  if (command < subnegotiation) {
    text = name;
    return 2;
  }
  if (length < 3) return -1;
  const option = p.u8(at + 2);
  text = `${name} ${options[option] ?? sharpHex(option)}`;
  if (command !== subnegotiation) return 3;

  let next = at + 3;
  let stop = next;
  while (end - next > stop + 1 - next) {
    if (p.u8(stop) === iac && p.u8(stop + 1) === se) break;
    stop++;
  }
  if (p.u8(stop) !== iac) return -1;
  for (const names of qualifiers[option] ?? commonQualifiers) {
    if (stop <= next) break;
    if (next >= end) return -1;
    text += ` ${named(names, p.u8(next++))}`;
  }
  while (stop > next) {
    if (next >= end) return -1;
    text += ` ${sharpHex(p.u8(next++))}`;
  }
  text += ' SE';
  return next + 2 - at;
}

export function printTelnet(p: Page, at: number, length: number): void {
  p.protocol = 'telnet';
  const start = at;
  // With -X and -vvv each command comes with its bytes.
  const dump = p.options.hexAscii > 0 && p.v > 2;
  let first = true;
  while (length !== 0 && p.u8(at) === iac) {
    const size = commandAt(p, at, length);
    if (size < 0) break;
    if (dump) {
      if (first) p.text += '\nTelnet:';
      printHexAt(p, '\n', at, size, at - start);
      p.text += size > 8 ? '\n\t\t\t\t' : `${' '.repeat((8 - size) * 3)}\t`;
    } else p.text += first ? ' [telnet ' : ', ';
    p.text += text;
    first = false;
    at += size;
    // A subnegotiation's end may lie beyond the segment: then the captured bytes are the limit.
    length = (length - size) >>> 0;
  }
  if (!first) p.text += dump ? '\n' : ']';
}
