/** Short words for tests of HTTP. */
import { type Options, play, type Step } from '../../testing/play.ts';
import { http } from '../index.ts';

/** What is said, without the confirmation that comes with the first head. */
export function talk(steps: readonly Step[], options?: Options) {
  const played = play(http, steps, options);
  return { ...played, events: played.events.filter((e) => e !== 'confirmed') };
}
export const bodyText = (b: { bytes: Uint8Array } | undefined) =>
  b && Buffer.from(b.bytes).toString('latin1');

export const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: a.example\r\n${more}\r\n`;
export const ok = (body: string, more = '') =>
  `HTTP/1.1 200 OK\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`;
