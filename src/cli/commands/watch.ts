/** `porthole watch`: decoded conversations, live or from a file. */
import { capture, type ViewMaker } from '../capture.ts';
import { captureOptions, captureRows, kubeHint } from '../capture-options.ts';
import { decodingOptions, decodingRows } from '../decoding-options.ts';
import { UsageError } from '../errors.ts';
import { formatOptions, type OptionRow, parseOptions } from '../options.ts';

export const watchRows: readonly OptionRow[] = [
  { long: 'json', help: 'one JSON object a line (docs/json.md)' },
  { short: 'o', long: 'output', value: 'text|json', help: 'the same, by name' },
  ...decodingRows,
  ...captureRows,
];

/** tcpdump's ways to print packets, which are for `dump`. */
export const elsewhere = Object.fromEntries(
  ['A', 'X', 'x', 'e', 'q', 'S', '#'].map((letter) => [
    letter,
    `-${letter} is about printed packets: porthole dump -${letter} ...; here -v, -vv and -vvv show more`,
  ]),
);

const help = () => `Shows what a container says on the network: one entry per request and answer.

Usage: porthole watch [OPTIONS] TARGET [FILTER]
       porthole watch [OPTIONS] -r FILE [FILTER]

${formatOptions(watchRows)}

Examples:
  porthole watch upbeat                      everything it says, live
  porthole watch upbeat port 8000 -vv        with headers and bodies, only port 8000
  porthole watch 'web-*' -w out.pcapng       several containers, packets kept too
  porthole watch upbeat --json | jq .fields  for scripts
  porthole watch -r out.pcapng 'host 10.0.0.7'
  porthole watch upbeat -Y 'http.response.code >= 500 || duration > 250ms'
`;

export async function run(argv: string[]): Promise<number> {
  const parsed = parseOptions(argv, watchRows, elsewhere);
  if (parsed.has('help')) {
    process.stdout.write(help());
    return 0;
  }
  const options = captureOptions(parsed);
  const output = parsed.has('json') ? 'json' : (parsed.value('output') ?? 'text');
  if (output !== 'text' && output !== 'json')
    throw new UsageError(`-o ${output}: one of text, json is needed`);
  const decoding = await decodingOptions(parsed, options);
  const silent = options.countOnly || (options.write === '-' && !options.print);
  const maker: ViewMaker = {
    immediate: !silent,
    isSilent: silent,
    needsPackets: parsed.has('tls-keylog') ? '--tls-keylog decrypts packets' : '',
    wantsOwners: !silent && decoding.owners,
    async make(setting) {
      if (silent) return (await import('../count-view.ts')).countView(options.countOnly);
      const { conversationView } = await import('../conversation-view.ts');
      return conversationView(setting, { ...decoding, options, output });
    },
  };
  return capture(options, parsed.words, kubeHint(parsed), maker);
}

/** As pagers do: into a pipe, or where cursors cannot be moved, lines are printed. */
export const hasScreen = () => process.stdout.isTTY === true && process.env['TERM'] !== 'dumb';
