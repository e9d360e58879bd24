/** The options of whatever shows decoded conversations: lines, screens, pages. */
import type { MessageSchema } from '../model/index.ts';
import type { Rules } from '../redact/index.ts';
import type { CaptureOptions } from './capture-options.ts';
import { checkQuery } from './check-query.ts';
import { decodeAs, decodeAsRow } from './decode-as.ts';
import { UsageError } from './errors.ts';
import { integer, type OptionRow, type Parsed } from './options.ts';
import { loadSchema, protoRows } from './proto.ts';
import { revealRow, shownRules } from './redaction.ts';
import { type TlsKeys, tlsKeys, tlsRows } from './tls-keys.ts';

export const noProbesRow: OptionRow = {
  long: 'no-probes',
  help: "leave out the kubelet's probes; they are counted (and stay in -w's file)",
};

export const decodingRows: readonly OptionRow[] = [
  { long: 'color', value: 'auto|always|never', help: 'colours (default auto; NO_COLOR is honoured)' },
  {
    short: 'Y',
    long: 'display-filter',
    value: 'QUERY',
    help: "show only what matches, in Wireshark's language (docs/query.md; porthole fields)",
  },
  decodeAsRow,
  ...tlsRows,
  ...protoRows,
  revealRow,
  { long: 'no-processes', help: 'do not look up which processes hold the connections' },
  { long: 'both-sides', help: 'tell what is seen in several places (client, host, server) as often' },
  noProbesRow,
  { long: 'body-limit', value: 'BYTES', help: 'bytes kept of each body (default 65536; k, m allowed)' },
];

export interface DecodingOptions {
  /** auto, always, never */
  readonly color: string;
  readonly bodyLimit: number;
  /** What is masked; undefined: nothing (--reveal). */
  readonly rules: Rules | undefined;
  /** Only entries that match; '' shows all. */
  readonly query: string;
  readonly decodeAs: ReadonlyMap<number, string>;
  /** Secrets for what is encrypted. */
  readonly keys: TlsKeys;
  /** Which processes hold the connections is looked up. */
  readonly owners: boolean;
  /** What is seen in several places is told as often. */
  readonly bothSides: boolean;
  /** Probes of the kubelet are counted instead of shown. */
  readonly noProbes: boolean;
  readonly schema: MessageSchema;
}

/** Bytes of a body kept for show when nothing is said: pages and API answers fit, downloads do not. */
const defaultBodyLimit = 65_536;
/** A body limit above this would let a few connections take all memory. */
const maxBodyLimit = 16 * 1024 * 1024;

/** Mistakes are told before anything is looked for. @throws UsageError, CliError, QueryError */
export async function decodingOptions(parsed: Parsed, options: CaptureOptions): Promise<DecodingOptions> {
  const color = parsed.value('color') ?? 'auto';
  if (!['auto', 'always', 'never'].includes(color))
    throw new UsageError(`--color ${color}: one of auto, always, never is needed`);
  const query = parsed.value('display-filter') ?? '';
  const bodyLimit = bytes('--body-limit', parsed.value('body-limit'));
  const ports = await decodeAs(parsed);
  await checkQuery(query);
  return {
    ...{ color, bodyLimit, query },
    decodeAs: ports,
    rules: await shownRules(options, parsed.has('reveal')),
    owners: !parsed.has('no-processes'),
    bothSides: parsed.has('both-sides'),
    noProbes: parsed.has('no-probes'),
    schema: loadSchema(parsed),
    keys: tlsKeys(parsed),
  };
}

function bytes(option: string, text: string | undefined): number {
  if (text === undefined) return defaultBodyLimit;
  const [, digits, unit] = /^(\d+)([km]?)$/i.exec(text) ?? [];
  const value =
    Number(digits) * { '': 1, k: 1024, m: 1024 * 1024 }[(unit ?? '').toLowerCase() as '' | 'k' | 'm'];
  if (digits === undefined || value > maxBodyLimit) return integer(option, text, 0, maxBodyLimit);
  return value;
}
