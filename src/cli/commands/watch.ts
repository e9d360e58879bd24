/** `porthole watch`: decoded conversations, live or from a file. */
import { capture, type ViewMaker } from '../capture.ts';
import { captureOptions, captureRows, kubeHint } from '../capture-options.ts';
import { checkQuery } from '../check-query.ts';
import { decodeAs, decodeAsRow } from '../decode-as.ts';
import { UsageError } from '../errors.ts';
import { formatOptions, integer, type OptionRow, parseOptions } from '../options.ts';
import { loadSchema, protoRows } from '../proto.ts';
import { revealRow, shownRules } from '../redaction.ts';
import { tlsKeys, tlsRows } from '../tls-keys.ts';

const rows: readonly OptionRow[] = [
  { long: 'json', help: 'one JSON object a line (docs/json.md)' },
  { short: 'o', long: 'output', value: 'text|json', help: 'the same, by name' },
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
  { long: 'body-limit', value: 'BYTES', help: 'bytes kept of each body (default 65536; k, m allowed)' },
  ...captureRows,
];

/** tcpdump's ways to print packets, which are for `dump`. */
const elsewhere = Object.fromEntries(
  ['A', 'X', 'x', 'e', 'q', 'S', '#'].map((letter) => [
    letter,
    `-${letter} is about printed packets: porthole dump -${letter} ...; here -v, -vv and -vvv show more`,
  ]),
);

const help = () => `Shows what a container says on the network: one entry per request and answer.

Usage: porthole watch [OPTIONS] TARGET [FILTER]
       porthole watch [OPTIONS] -r FILE [FILTER]

${formatOptions(rows)}

Examples:
  porthole watch upbeat                      everything it says, live
  porthole watch upbeat port 8000 -vv        with headers and bodies, only port 8000
  porthole watch 'web-*' -w out.pcapng       several containers, packets kept too
  porthole watch upbeat --json | jq .fields  for scripts
  porthole watch -r out.pcapng 'host 10.0.0.7'
  porthole watch upbeat -Y 'http.response.code >= 500 || duration > 250ms'
`;

/** Bytes of a body kept for show when nothing is said: pages and API answers fit, downloads do not. */
const defaultBodyLimit = 65_536;
/** A body limit above this would let a few connections take all memory. */
const maxBodyLimit = 16 * 1024 * 1024;

export async function run(argv: string[]): Promise<number> {
  const parsed = parseOptions(argv, rows, elsewhere);
  if (parsed.has('help')) {
    process.stdout.write(help());
    return 0;
  }
  const options = captureOptions(parsed);
  const output = parsed.has('json') ? 'json' : (parsed.value('output') ?? 'text');
  if (output !== 'text' && output !== 'json')
    throw new UsageError(`-o ${output}: one of text, json is needed`);
  const color = parsed.value('color') ?? 'auto';
  if (!['auto', 'always', 'never'].includes(color))
    throw new UsageError(`--color ${color}: one of auto, always, never is needed`);
  const bodyLimit = bytes('--body-limit', parsed.value('body-limit'));
  const query = parsed.value('display-filter') ?? '';
  // A mistake in it is told before anything is looked for.
  const ports = await decodeAs(parsed);
  await checkQuery(query);
  const rules = await shownRules(options, parsed.has('reveal'));
  const schema = loadSchema(parsed);
  const keys = tlsKeys(parsed);
  const silent = options.countOnly || (options.write === '-' && !options.print);
  const maker: ViewMaker = {
    immediate: !silent,
    wantsOwners: !silent && !parsed.has('no-processes'),
    async make(setting) {
      if (silent) return (await import('../count-view.ts')).countView(options.countOnly);
      const { conversationView } = await import('../conversation-view.ts');
      return conversationView(setting, {
        options,
        output,
        color,
        bodyLimit,
        rules,
        query,
        decodeAs: ports,
        keys,
        bothSides: parsed.has('both-sides'),
        schema,
      });
    },
  };
  return capture(options, parsed.words, kubeHint(parsed), maker);
}

function bytes(option: string, text: string | undefined): number {
  if (text === undefined) return defaultBodyLimit;
  const [, digits, unit] = /^(\d+)([km]?)$/i.exec(text) ?? [];
  const value =
    Number(digits) * { '': 1, k: 1024, m: 1024 * 1024 }[(unit ?? '').toLowerCase() as '' | 'k' | 'm'];
  if (digits === undefined || value > maxBodyLimit) return integer(option, text, 0, maxBodyLimit);
  return value;
}
