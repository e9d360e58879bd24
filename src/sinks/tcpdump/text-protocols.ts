/** Protocols whose messages are lines of text: HTTP, FTP, SMTP, RTSP, SIP, SSH's greeting. */
import { latin1 } from '../../util/bytes.ts';
import type { Page } from './page.ts';

const cr = 13;
const lf = 10;
const space = 32;
const tab = 9;

/** Longest word looked at. */
const maxWord = 128;

const printable = (byte: number) => byte >= 32 && byte < 127;

/** The last word `wordAt` found, upper case. */
let word = '';

/**
 * Reads a word into `word`.
 * @returns offset of the next word or of the line's end; -1 when there is no word
 */
function wordAt(p: Page, from: number, end: number): number {
  const { buf } = p;
  const stop = Math.min(end, p.end);
  let at = from;
  for (; at < stop; at++) {
    const byte = buf[at]!;
    if (byte === space || byte === tab || byte === cr || byte === lf) break;
    if (!printable(byte) || at - from >= maxWord) return -1;
  }
  // Cut in the middle of the word.
  if (at === from || (at === stop && stop < end)) return -1;
  word = latin1(buf, from, at).toUpperCase();
  while (at < stop && buf[at] === space) at++;
  return at;
}

const isCode = (text: string) => /^\d{3}$/.test(text);

/** Does the message begin with one of the words, or is its second word a response code? */
function begins(p: Page, at: number, end: number, words: ReadonlySet<string>): boolean {
  const next = wordAt(p, at, end);
  if (next < 0) return false;
  return words.has(word) || (wordAt(p, next, end) >= 0 && isCode(word));
}

/**
 * Prints a line.
 * @returns offset of the next one; 0 for what is not text, or has no end in this packet
 */
function printLine(p: Page, prefix: string, from: number, end: number): number {
  for (let at = from; at < end; at++) {
    const byte = p.u8(at);
    if (byte === lf) {
      p.text += prefix + latin1(p.buf, from, at);
      return at + 1;
    }
    if (byte === cr) {
      if (at + 1 >= end || p.u8(at + 1) !== lf) return 0;
      p.text += prefix + latin1(p.buf, from, at);
      return at + 2;
    }
    if (!printable(byte) && byte !== tab) return 0;
  }
  p.text += prefix + latin1(p.buf, from, end);
  p.cutMark();
  return 0;
}

/**
 * The first line, with -v all of them.
 * @param words that begin a message; without them every packet does
 */
function printText(p: Page, at: number, length: number, protocol: string, words?: ReadonlySet<string>): void {
  p.protocol = protocol;
  const end = at + length;
  const shown = words === undefined || begins(p, at, end, words);
  p.text += protocol.toUpperCase();
  if (!shown) return;
  if (p.v === 0) {
    printLine(p, ': ', at, end);
    return;
  }
  p.text += `, length: ${length}`;
  for (let line = at; line > 0 && line < end; ) line = printLine(p, '\n\t', line, end);
}

/** Methods of RFC 9110, WebDAV (RFC 4918, 3253, 5323) and Microsoft's Exchange. */
const httpWords = new Set(
  (
    'GET PUT COPY HEAD LOCK MOVE POLL POST BCOPY BMOVE MKCOL TRACE LABEL MERGE DELETE SEARCH UNLOCK REPORT ' +
    'UPDATE NOTIFY BDELETE CONNECT OPTIONS CHECKIN PROPFIND CHECKOUT CCM_POST SUBSCRIBE PROPPATCH BPROPFIND ' +
    'BPROPPATCH UNCHECKOUT MKACTIVITY MKWORKSPACE UNSUBSCRIBE RPC_CONNECT VERSION-CONTROL BASELINE-CONTROL'
  ).split(' '),
);

/** RFC 2326. */
const rtspWords = new Set(
  'DESCRIBE ANNOUNCE GET_PARAMETER OPTIONS PAUSE PLAY RECORD REDIRECT SETUP SET_PARAMETER TEARDOWN'.split(
    ' ',
  ),
);

/** RFC 3261 and its extensions. */
const sipWords = new Set(
  (
    'ACK BYE CANCEL DO INFO INVITE MESSAGE NOTIFY OPTIONS PRACK QAUTH REFER REGISTER SPRACK SUBSCRIBE UPDATE ' +
    'PUBLISH'
  ).split(' '),
);

const afterColon =
  (protocol: string, words?: ReadonlySet<string>) =>
  (p: Page, at: number, length: number): void => {
    p.text += ': ';
    printText(p, at, length, protocol, words);
  };

export const printHttp = afterColon('http', httpWords);
export const printRtsp = afterColon('rtsp', rtspWords);
export const printSmtp = afterColon('smtp');
export const printFtp = afterColon('ftp');
export const printWhois = afterColon('whois');

export function printSip(p: Page, at: number, length: number): void {
  printText(p, at, length, 'sip', sipWords);
}

/** RFC 4253 section 4.2: only the greeting is text. */
export function printSsh(p: Page, at: number, length: number): void {
  p.protocol = 'ssh';
  for (let i = 0; i < 4; i++) if (p.u8(at + i) !== 'SSH-'.charCodeAt(i)) return;
  for (let i = 4; i < length; i++) {
    const byte = p.u8(at + i);
    if (byte === lf || byte === cr) {
      if (byte === cr && (i + 1 >= length || p.u8(at + i + 1) !== lf)) return;
      p.text += `: SSH: ${latin1(p.buf, at, at + i)}`;
      return;
    }
    if (!printable(byte)) return;
  }
}
