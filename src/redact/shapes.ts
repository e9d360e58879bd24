/**
 * Secrets that show by their form, wherever they are. Each form begins with something that hardly anything else
 * begins with; from there it is looked at byte for byte, a bounded number of them or none of them twice.
 */
import { decodeBase64 } from '../util/base64.ts';
import type { Spans } from './spans.ts';

/** Characters: what a token is made of. */
type Set128 = Uint8Array;

function charset(...parts: readonly string[]): Set128 {
  const set = new Uint8Array(256);
  for (const part of parts)
    if (part.length === 3 && part[1] === '-') set.fill(1, part.charCodeAt(0), part.charCodeAt(2) + 1);
    else for (const c of part) set[c.charCodeAt(0)] = 1;
  return set;
}

const lowerHex = charset('0-9', 'a-f');
const alnum = charset('0-9', 'a-z', 'A-Z');
const upperAlnum = charset('0-9', 'A-Z');
const word = charset('0-9', 'a-z', 'A-Z', '_');
const urlSafe = charset('0-9', 'a-z', 'A-Z', '_', '-');
const dotted = charset('0-9', 'a-z', 'A-Z', '_', '-', '.');
const base64 = charset('0-9', 'a-z', 'A-Z', '+/=');
const bearer = charset('0-9', 'a-z', 'A-Z', '+/=', '_.~', '-');

interface Shape {
  readonly name: string;
  /** One of these begins it. */
  readonly begins: readonly string[];
  /** Behind that: of these characters, at least and at most so many; more than that is something else. */
  readonly of: Set128;
  readonly min: number;
  readonly max: number;
  /** What else must hold of what is behind the beginning. */
  readonly also?: (rest: string) => boolean;
  /** The beginning is not secret, and stays. */
  readonly keepsBeginning?: boolean;
  /** Anything may stand before it; else no letter, digit or _. */
  readonly anywhere?: boolean;
}

/** Tokens of hundreds of characters are usual, of thousands not. */
const longest = 4096;
const hasDigit = (text: string) => /[0-9]/.test(text);
/** Class names of style sheets have words and hyphens, keys have no pattern. */
const isRandom = (text: string) =>
  hasDigit(text) && (/[A-Z]/.test(text) || /[A-Za-z0-9]{32}/.test(text)) && /[a-z]/.test(text);

function isBasic(text: string): boolean {
  const decoded = decodeBase64(text);
  let colon = false;
  for (const c of decoded) {
    if (c < 32 || c === 127) return false;
    colon ||= c === 58;
  }
  return colon && decoded.length >= 3;
}

const shapes: readonly Shape[] = [
  { name: 'AWS key', begins: ['AKIA', 'ASIA'], of: upperAlnum, min: 16, max: 16 },
  { name: 'Google API key', begins: ['AIza'], of: urlSafe, min: 35, max: 35 },
  { name: 'Google token', begins: ['ya29.'], of: urlSafe, min: 20, max: longest },
  { name: 'Google token', begins: ['1//0'], of: urlSafe, min: 40, max: 256, also: isRandom },
  { name: 'Google token', begins: ['GOCSPX-'], of: urlSafe, min: 20, max: 64 },
  {
    name: 'Azure key',
    begins: ['AccountKey=', 'SharedAccessKey=', 'SharedSecretValue='],
    of: base64,
    min: 20,
    max: 256,
    keepsBeginning: true,
    anywhere: true,
  },
  { name: 'GitHub token', begins: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'], of: word, min: 30, max: 255 },
  { name: 'GitHub token', begins: ['github_pat_'], of: word, min: 22, max: 255 },
  {
    name: 'GitLab token',
    begins: ['glpat-', 'gldt-', 'glrt-', 'glcbt-', 'glptt-', 'glsoat-', 'glffct-', 'glimt-', 'glagent-'],
    of: dotted,
    min: 20,
    max: 255,
  },
  {
    name: 'Slack token',
    begins: ['xoxa-', 'xoxb-', 'xoxe-', 'xoxp-', 'xoxr-', 'xoxs-', 'xapp-', 'xoxe.'],
    of: dotted,
    min: 16,
    max: 512,
    also: hasDigit,
  },
  {
    name: 'Slack hook',
    begins: ['hooks.slack.com/services/', 'hooks.slack.com/workflows/'],
    of: charset('0-9', 'a-z', 'A-Z', '/'),
    min: 20,
    max: 128,
    keepsBeginning: true,
  },
  {
    name: 'Stripe key',
    begins: ['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_', 'whsec_'],
    of: word,
    min: 16,
    max: 255,
  },
  // OpenAI, Anthropic and those that copied the form.
  { name: 'AI key', begins: ['sk-'], of: urlSafe, min: 20, max: 512, also: isRandom },
  { name: 'npm token', begins: ['npm_'], of: alnum, min: 36, max: 36 },
  { name: 'PyPI token', begins: ['pypi-'], of: urlSafe, min: 50, max: 1024, also: isRandom },
  { name: 'SendGrid key', begins: ['SG.'], of: dotted, min: 60, max: 80, also: (t) => t.indexOf('.') > 10 },
  { name: 'Twilio key', begins: ['SK'], of: lowerHex, min: 32, max: 32 },
  { name: 'Docker token', begins: ['dckr_pat_', 'dckr_oat_'], of: urlSafe, min: 20, max: 128 },
  { name: 'Vault token', begins: ['hvs.', 'hvb.', 'hvr.'], of: urlSafe, min: 24, max: 512 },
  { name: 'DigitalOcean token', begins: ['dop_v1_', 'doo_v1_', 'dor_v1_'], of: lowerHex, min: 64, max: 64 },
  { name: 'Shopify token', begins: ['shpat_', 'shpca_', 'shppa_', 'shpss_'], of: word, min: 32, max: 32 },
  { name: 'Hugging Face token', begins: ['hf_'], of: alnum, min: 34, max: 40, also: isRandom },
  { name: 'age key', begins: ['AGE-SECRET-KEY-1'], of: upperAlnum, min: 40, max: 80 },
  {
    name: 'bearer token',
    begins: ['Bearer ', 'bearer ', 'Bearer%20'],
    of: bearer,
    min: 20,
    max: longest,
    also: hasDigit,
    keepsBeginning: true,
  },
  {
    name: 'basic credentials',
    begins: ['Basic ', 'basic ', 'Basic%20'],
    of: base64,
    min: 4,
    max: 1024,
    also: isBasic,
    keepsBeginning: true,
  },
  {
    name: 'bearer token',
    // The way of Kubernetes through a WebSocket's subprotocol.
    begins: ['base64url.bearer.authorization.k8s.io.'],
    of: urlSafe,
    min: 16,
    max: longest,
    keepsBeginning: true,
  },
];

/** Those that are looked at in a way of their own. */
const special: readonly (Beginning & { readonly name: string })[] = [
  { name: 'private key', text: '-----BEGIN ', take: privateKey },
  { name: 'JWT', text: 'eyJ', take: jwt },
  { name: 'Telegram token', text: ':AA', take: telegram },
];

/** What `off` of a rules file may name. */
export const shapeNames: readonly string[] = [
  ...new Set([...shapes.map(({ name }) => name), ...special.map(({ name }) => name)]),
];

/** Any text shorter than this holds none of them. */
export const shortestShape = 10;

/** A beginning, and what is behind it: returns where to look on, or -1 when it is none. */
interface Beginning {
  readonly text: string;
  take(text: string, at: number, spans: Spans): number;
}

function isWordCode(code: number): boolean {
  return word[code & 255] === 1;
}

export interface ShapeFinder {
  find(text: string, spans: Spans): void;
}

export function createShapeFinder(off: ReadonlySet<string>): ShapeFinder {
  const beginnings: Beginning[] = [];
  for (const shape of shapes)
    if (!off.has(shape.name))
      for (const text of shape.begins)
        beginnings.push({ text, take: (given, at, spans) => takeShape(shape, text, given, at, spans) });
  for (const { name, text, take } of special) if (!off.has(name)) beginnings.push({ text, take });
  /** By the first two characters: most pairs begin nothing, and are told by one look. */
  const pairs = new Uint8Array(1 << 14);
  const groups: Beginning[][] = [[]];
  for (const beginning of beginnings) {
    const pair = (beginning.text.charCodeAt(0) << 7) | beginning.text.charCodeAt(1);
    if (pairs[pair] === 0) pairs[pair] = groups.push([]) - 1;
    groups[pairs[pair]!]!.push(beginning);
  }

  return {
    find(text, spans) {
      if (text.length < shortestShape) return;
      let before = text.charCodeAt(0);
      for (let i = 1; i < text.length; i++) {
        const code = text.charCodeAt(i);
        const group = pairs[((before << 7) | code) & 16383]!;
        before = code;
        if (group === 0) continue;
        for (const beginning of groups[group]!) {
          if (!text.startsWith(beginning.text, i - 1)) continue;
          const next = beginning.take(text, i - 1, spans);
          if (next <= i) continue;
          // Looked at up to there.
          i = next;
          before = text.charCodeAt(next);
          break;
        }
      }
    },
  };
}

function takeShape(shape: Shape, beginning: string, text: string, at: number, spans: Spans): number {
  if (!shape.anywhere && at > 0 && isWordCode(text.charCodeAt(at - 1))) return -1;
  const from = at + beginning.length;
  const to = runEnd(text, from, shape.of, shape.max);
  if (to < 0 || to - from < shape.min || (shape.also && !shape.also(text.slice(from, to)))) return -1;
  spans.add(shape.keepsBeginning ? from : at, to, shape.name);
  if (shape.name === 'AWS key') secretBeside(text, at, to, spans);
  return to;
}

/** Behind the run of such characters; -1 when it is longer than `max`. */
function runEnd(text: string, from: number, of: Set128, max: number): number {
  const last = Math.min(text.length, from + max + 1);
  let to = from;
  while (to < last && of[text.charCodeAt(to)] === 1) to++;
  // A sentence's full stop is none of the token's.
  if (of === dotted || of === bearer) while (to > from && text[to - 1] === '.') to--;
  return to - from > max ? -1 : to;
}

/**
 * RFC 7519: a header that begins `{"`, a payload, a signature; encrypted ones have five parts; cut ones one less.
 * A run that is none is passed over whole, so that none is looked at twice.
 */
function jwt(text: string, from: number, spans: Spans): number {
  if (from > 0 && isWordCode(text.charCodeAt(from - 1))) return -1;
  let to = from;
  while (to < text.length && dotted[text.charCodeAt(to)] === 1) to++;
  while (to > from && text[to - 1] === '.') to--;
  const first = text.indexOf('.', from);
  if (first < 0 || first >= to) return to;
  const second = text.indexOf('.', first + 1);
  const isWhole = second > 0 && second < to;
  if (first - from >= 12 && (isWhole || (text.startsWith('eyJ', first + 1) && to - first > 8)))
    spans.add(from, to, 'JWT');
  return to;
}

/** RFC 7468 and what is like it. Its lines stay, so that one sees what it was. */
function privateKey(text: string, at: number, spans: Spans): number {
  const label = /^-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/.exec(text.slice(at, at + 80))?.[0];
  if (label === undefined) return -1;
  const from = at + label.length;
  const end = text.indexOf('-----END', from);
  const to = end < 0 ? text.length : end;
  spans.add(from, to, 'private key');
  return Math.max(to, from);
}

/** `123456789:AA...`: the number of a bot, then 35 characters. */
function telegram(text: string, colon: number, spans: Spans): number {
  let from = colon;
  while (from > 0 && colon - from < 12 && text.charCodeAt(from - 1) >= 48 && text.charCodeAt(from - 1) <= 57)
    from--;
  const digits = colon - from;
  if (digits < 6 || digits > 11) return -1;
  const to = runEnd(text, colon + 1, urlSafe, 40);
  if (to < 0 || to - colon - 1 < 33) return -1;
  spans.add(colon + 1, to, 'Telegram token');
  return to;
}

/** How far from its key's identifier a secret key of AWS is looked for. */
const beside = 512;
const secretForm = /(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/g;

/** Forty characters of base64 say nothing by themselves; beside an identifier they do. */
function secretBeside(text: string, from: number, to: number, spans: Spans): void {
  const start = Math.max(0, from - beside);
  const near = text.slice(start, to + beside);
  for (const { 0: found, index } of near.matchAll(secretForm))
    if (/[a-z]/.test(found) && /[A-Z]/.test(found) && hasDigit(found))
      spans.add(start + index, start + index + found.length, 'AWS key');
}
