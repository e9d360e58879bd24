/** Forms: urlencoded, multipart; and settings as lines of NAME=value. */
import type { Names } from './names.ts';
import type { Spans } from './spans.ts';
import { decoded, isCount } from './urls.ts';

export const formRules = { field: 'form field', setting: 'environment variable' } as const;

/**
 * application/x-www-form-urlencoded, whole or cut.
 * @param alsoSecret whether a value, its encoding undone, is a secret whatever its name is
 */
export function findForm(
  text: string,
  spans: Spans,
  names: Names,
  alsoSecret: (value: string) => boolean,
): void {
  for (let at = 0; at < text.length; ) {
    const next = text.indexOf('&', at);
    const end = next < 0 ? text.length : next;
    const equals = text.indexOf('=', at);
    if (equals < 0) return;
    if (equals > at && equals < end - 1) {
      const verdict = names.field(decoded(text.slice(at, equals)));
      const to = trimmedEnd(text, equals + 1, end);
      if (
        verdict !== 'no'
          ? !(verdict === 'several' && isCount(text, equals + 1, to))
          : isEncoded(text, equals + 1, to) && alsoSecret(decoded(text.slice(equals + 1, to)))
      )
        spans.add(equals + 1, to, formRules.field);
    }
    at = end + 1;
  }
}

/** Line ends that some clients send behind a form are not of its last value. */
function trimmedEnd(text: string, from: number, end: number): number {
  while (end > from && (text.charCodeAt(end - 1) === 10 || text.charCodeAt(end - 1) === 13)) end--;
  return end;
}

function isEncoded(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x25 || code === 0x2b) return true;
  }
  return false;
}

/** A part's head: a few lines. */
const maxPartHead = 4096;

/** multipart/form-data (RFC 7578): parts whose name is a secret's. */
export function findMultipart(contentType: string, text: string, spans: Spans, names: Names): void {
  const boundary = /boundary="?([^";,\s]{1,70})/i.exec(contentType)?.[1];
  if (!boundary) return;
  const mark = `--${boundary}`;
  for (let at = text.indexOf(mark); at >= 0; ) {
    const from = at + mark.length;
    const next = text.indexOf(mark, from);
    const end = next < 0 ? text.length : next;
    const head = text.slice(from, Math.min(end, from + maxPartHead));
    const behindHead = /\r?\n\r?\n/.exec(head);
    if (behindHead) {
      const name = /[;\s]name="?([^";\r\n]*)/i.exec(head.slice(0, behindHead.index))?.[1];
      const body = from + behindHead.index + behindHead[0].length;
      let to = end;
      if (next >= 0 && text.endsWith('\n', to) && to > body) to -= text[to - 2] === '\r' ? 2 : 1;
      if (name !== undefined && names.field(name) !== 'no' && text.slice(body, to).trim() !== '')
        spans.add(body, to, formRules.field);
    }
    at = next;
  }
}

/** `DB_PASSWORD=x` on a line of its own, as files of settings and dumps of environments have it. */
const setting = /^(?:export |set )?([A-Z][A-Z0-9_]{2,63})=(\S[^\r\n]{0,4095})$/gm;

export function findSettings(text: string, spans: Spans, names: Names): void {
  setting.lastIndex = 0;
  for (let hit = setting.exec(text); hit; hit = setting.exec(text)) {
    const [all, name, value] = hit as unknown as [string, string, string];
    if (names.key(name) === 'no') continue;
    const to = hit.index + all.length;
    spans.add(to - value.length, to, formRules.setting);
  }
}
