/** SGR codes; the identity without colour. */
import type { Exchange } from '../../model/index.ts';

export interface Style {
  dim(text: string): string;
  bold(text: string): string;
  warn(text: string): string;
  alarm(text: string): string;
  outcome(outcome: Exchange['outcome'], text: string): string;
  /** The mark before lines of a request and of a response. */
  mark(mark: '>' | '<'): string;
  /** The same label always has the same colour. */
  label(label: string): string;
  /** Any text in the label's colour. */
  labelled(label: string, text: string): string;
}

const outcomeCodes: Record<Exchange['outcome'], string> = {
  ok: '32',
  clientError: '33',
  serverError: '31',
  failed: '31',
  unanswered: '35',
  info: '2',
};
/** No red (it says "failed"), no yellow, no green: outcomes own those. */
const labelCodes = ['36', '34', '35', '96', '94', '95'];

const plain: Style = {
  dim: (text) => text,
  bold: (text) => text,
  warn: (text) => text,
  alarm: (text) => text,
  outcome: (_outcome, text) => text,
  mark: (mark) => mark,
  label: (text) => text,
  labelled: (_label, text) => text,
};

const codeOfLabel = (label: string) => labelCodes[fnv32(label) % labelCodes.length]!;

const sgr = (code: string, text: string) => (text === '' ? '' : `\x1b[${code}m${text}\x1b[0m`);

const colored: Style = {
  dim: (text) => sgr('2', text),
  bold: (text) => sgr('1', text),
  warn: (text) => sgr('33', text),
  alarm: (text) => sgr('31', text),
  outcome: (outcome, text) => sgr(outcomeCodes[outcome], text),
  mark: (mark) => sgr(mark === '>' ? '36' : '34', mark),
  label: (text) => sgr(codeOfLabel(text), text),
  labelled: (label, text) => sgr(codeOfLabel(label), text),
};

export const styleOf = (color: boolean): Style => (color ? colored : plain);

/** FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/ */
function fnv32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
