/** `porthole watch`: decoded conversations, live or from a file, as lines or on a screen of their own. */
import { capture, type ViewMaker } from '../capture.ts';
import { captureOptions, captureRows, kubeHint } from '../capture-options.ts';
import { decodingOptions, decodingRows } from '../decoding-options.ts';
import { UsageError } from '../errors.ts';
import type { Face } from '../face.ts';
import { formatOptions, type OptionRow, parseOptions } from '../options.ts';

export const watchRows: readonly OptionRow[] = [
  { long: 'tui', help: 'look around while it goes on: lists, details, streams (porthole tui; docs/tui.md)' },
  { long: 'save-dir', value: 'DIR', help: 'where --tui saves files (default: the current directory)' },
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
  porthole watch upbeat --tui                the same, to look around in
`;

/** @param face on which it is shown with --tui */
export async function run(argv: string[], face?: Face): Promise<number> {
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
  const isOnScreen = parsed.has('tui') && output === 'text' && !silent && hasScreen();
  // Loaded before frames come: there is more of it than of lines.
  const view = isOnScreen ? await import('../tui-view.ts') : undefined;
  const screen = isOnScreen ? (face ?? (await openFace(decoding.color))) : undefined;
  const maker: ViewMaker = {
    immediate: !silent,
    isSilent: silent,
    needsPackets: parsed.has('tls-keylog')
      ? '--tls-keylog decrypts packets'
      : parsed.has('tui')
        ? '--tui shows packets'
        : '',
    wantsOwners: !silent && decoding.owners,
    async make(setting) {
      if (silent) return (await import('../count-view.ts')).countView(options.countOnly);
      if (view && screen) {
        const title = options.read ?? [options.target ?? '', ...parsed.words].join(' ').trim();
        return view.tuiView(setting, {
          ...decoding,
          options,
          title,
          screen,
          saveDir: parsed.value('save-dir') ?? '.',
        });
      }
      const { conversationView } = await import('../conversation-view.ts');
      return conversationView(setting, { ...decoding, options, output });
    },
  };
  try {
    return await capture(options, parsed.words, kubeHint(parsed), maker);
  } finally {
    // Before anything is said of what went wrong.
    screen?.close();
  }
}

/** As pagers do: into a pipe, or where cursors cannot be moved, lines are printed. */
export const hasScreen = () => process.stdout.isTTY === true && process.env['TERM'] !== 'dumb';

const openFace = async (color: string) => (await import('../face.ts')).openFace(color);
