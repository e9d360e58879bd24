/** `porthole stats`: what a capture, live or a file, sums up to. */
import type { TalkerOrder } from '../../sinks/stats/index.ts';
import { capture, type ViewMaker } from '../capture.ts';
import { captureOptions, captureRows, kubeHint } from '../capture-options.ts';
import { checkQuery } from '../check-query.ts';
import { decodeAs, decodeAsRow } from '../decode-as.ts';
import { noProbesRow } from '../decoding-options.ts';
import { UsageError } from '../errors.ts';
import { formatOptions, integer, type OptionRow, parseOptions } from '../options.ts';
import { revealRow, shownRules } from '../redaction.ts';

const orders: readonly TalkerOrder[] = ['bytes', 'packets', 'connections'];

/** Options about printed entries, which a report has none of. */
const unfit = new Set(['verbose', 'time', 'time-stamp-precision', 'nano', 'print']);

import { tlsKeys, tlsRows } from '../tls-keys.ts';

const rows: readonly OptionRow[] = [
  { long: 'json', help: 'the report as one JSON object (docs/stats.md)' },
  { short: 'o', long: 'output', value: 'text|json', help: 'the same, by name' },
  { long: 'every', value: 'TIME', help: 'a report each 5s, 2m, 1h, not only at the end (live)' },
  { long: 'top', value: 'N', help: 'rows of each table, slowest exchanges (default 10; with --json 100)' },
  { long: 'sort', value: orders.join('|'), help: 'what talkers are sorted by (default bytes)' },
  { long: 'color', value: 'auto|always|never', help: 'colours (default auto; NO_COLOR is honoured)' },
  {
    short: 'Y',
    long: 'display-filter',
    value: 'QUERY',
    help: "count only exchanges that match, in Wireshark's language (docs/query.md)",
  },
  decodeAsRow,
  ...tlsRows,
  noProbesRow,
  revealRow,
  ...captureRows.filter(({ long }) => !unfit.has(long)),
];

const help =
  () => `Sums up what a container says on the network: talkers, protocols, rates, latency, errors, TCP.

Usage: porthole stats [OPTIONS] TARGET [FILTER]
       porthole stats [OPTIONS] -r FILE [FILTER]

On a terminal the report is kept up to date until Ctrl-C; elsewhere it is printed at the end, and with
--every also while it goes on.

${formatOptions(rows)}

Examples:
  porthole stats upbeat                      until Ctrl-C
  porthole stats upbeat port 8000 --every 10s | tee stats.txt
  porthole stats -r out.pcapng --top 30
  porthole stats -r out.pcapng --json | jq '.endpoints[] | select(.latency.p99Ns > 250e6)'
  porthole stats -r out.pcapng -Y 'http.request.method == "POST"'
`;

/** Rows of tables; the slowest exchanges are kept as text. */
const maxTop = 1000;

export async function run(argv: string[]): Promise<number> {
  const parsed = parseOptions(argv, rows);
  if (parsed.has('help')) {
    process.stdout.write(help());
    return 0;
  }
  const options = captureOptions(parsed);
  const output = oneOf('-o', parsed.has('json') ? 'json' : (parsed.value('output') ?? 'text'), [
    'text',
    'json',
  ] as const);
  const color = oneOf('--color', parsed.value('color') ?? 'auto', ['auto', 'always', 'never'] as const);
  const order = oneOf('--sort', parsed.value('sort') ?? 'bytes', orders);
  const everyText = parsed.value('every');
  const top = integer('--top', parsed.value('top') ?? (output === 'json' ? '100' : '10'), 1, maxTop);
  if (everyText !== undefined && options.read !== undefined)
    throw new UsageError('--every is for live captures, not for -r');
  if (options.write === '-') throw new UsageError('-w - and the report both go to stdout', 'give -w a file');
  const everyMs = everyText === undefined ? 0 : milliseconds(everyText);
  const query = parsed.value('display-filter') ?? '';
  const ports = await decodeAs(parsed);
  const keys = tlsKeys(parsed);
  await checkQuery(query);
  const rules = await shownRules(options, parsed.has('reveal'));
  const maker: ViewMaker = {
    immediate: false,
    needsPackets: parsed.has('tls-keylog') ? '--tls-keylog decrypts packets' : '',
    async make(setting) {
      if (options.countOnly) return (await import('../count-view.ts')).countView(true);
      const { statsView } = await import('../stats-view.ts');
      return statsView(setting, {
        options,
        output,
        color,
        top,
        order,
        everyMs,
        query,
        decodeAs: ports,
        keys,
        noProbes: parsed.has('no-probes'),
        rules,
      });
    },
  };
  return capture(options, parsed.words, kubeHint(parsed), maker);
}

function oneOf<T extends string>(option: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((value) => value === text);
  if (found === undefined) throw new UsageError(`${option} ${text}: one of ${allowed.join(', ')} is needed`);
  return found;
}

const units: Readonly<Record<string, number>> = { '': 1000, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
/** More often costs more than it tells. */
const minEveryMs = 200;
/** Timers hold no longer ones (2^31 ms). */
const maxEveryMs = 24 * 3_600_000;

/** '5s', '500ms', '2m', '5' */
function milliseconds(text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const value = Number(digits) * units[unit]!;
  if (!(value >= minEveryMs && value <= maxEveryMs))
    throw new UsageError(`--every ${text}: a time from 200ms to 24h is needed, like 5s or 2m`);
  return value;
}
