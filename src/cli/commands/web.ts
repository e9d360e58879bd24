/** `porthole web`: the same as `watch`, in a browser. */
import { isIP } from 'node:net';
import type { PageServer } from '../../web/index.ts';
import { capture, type ViewMaker } from '../capture.ts';
import { captureOptions, captureRows, kubeHint } from '../capture-options.ts';
import { decodingOptions, decodingRows } from '../decoding-options.ts';
import { CliError, UsageError } from '../errors.ts';
import { formatOptions, integer, type OptionRow, parseOptions } from '../options.ts';
import { withoutPage } from '../own-traffic.ts';
import { elsewhere } from './watch.ts';

/** About lines of text, which a page has none of. */
const unfit = new Set(['color', 'verbose', 'time', 'time-stamp-precision', 'nano', 'print', 'count']);

const rows: readonly OptionRow[] = [
  {
    long: 'listen',
    value: '[ADDRESS:]PORT',
    help: 'where browsers find it (default 127.0.0.1:4870, or a free port when that is taken)',
  },
  ...decodingRows.filter(({ long }) => !unfit.has(long)),
  ...captureRows.filter(({ long }) => !unfit.has(long)),
];

const help = () => `Shows what a container says on the network in a browser: list, details, map, statistics.

Usage: porthole web [OPTIONS] TARGET [FILTER]
       porthole web [OPTIONS] -r FILE [FILTER]

Prints one URL, with a token that only you have; open it on this machine, or through 'ssh -L'. The page loads nothing
from elsewhere and ends with this command. A capture file that is dropped on it is read in the browser alone.

${formatOptions(rows)}

Examples:
  porthole web upbeat
  porthole web all -w all.pcapng           every container; packets are kept too
  porthole web -r all.pcapng
  porthole web upbeat --listen 9000        and elsewhere: ssh -L 9000:127.0.0.1:9000 thishost
`;

/** Not the port of anything that is registered at IANA. */
const defaultPort = 4870;

export async function run(argv: string[]): Promise<number> {
  const parsed = parseOptions(argv, rows, elsewhere);
  if (parsed.has('help')) {
    process.stdout.write(help());
    return 0;
  }
  const { address, ports } = place(parsed.value('listen'));
  const options = captureOptions(parsed);
  if (options.write === '-') throw new UsageError('-w - and the page: give -w a file');
  const decoding = await decodingOptions(parsed, options);
  const [{ loadPage, startServer }, { webView }] = await Promise.all([
    import('../../web/index.ts'),
    import('../web-view.ts'),
  ]);
  const files = await loadPage();
  const server = await listening(() => startServer({ address, ports, files }), address, ports[0]!);
  const title =
    options.read ?? options.target ?? (parsed.words.join(' ') || (options.kube ? 'pods of a cluster' : ''));
  const maker: ViewMaker = {
    immediate: true,
    wantsOwners: decoding.owners,
    ownTraffic: withoutPage(address, server.port),
    make: async (setting) => webView(setting, { ...decoding, options, title, server }),
  };
  try {
    return await capture(options, parsed.words, kubeHint(parsed), maker);
  } finally {
    await server.close();
  }
}

/** `9000`, `0.0.0.0:9000`, `[::1]:9000`; 0 is any that is free. @throws UsageError */
function place(given: string | undefined): { address: string; ports: readonly number[] } {
  if (given === undefined) return { address: '127.0.0.1', ports: [defaultPort, 0] };
  const [, six, four, port] = /^(?:(?:\[([^\]]+)\]|([^:[\]]+)):)?(\d+)$/.exec(given) ?? [];
  const address = six ?? four ?? '127.0.0.1';
  if (port === undefined || isIP(address) === 0)
    throw new UsageError(
      `--listen ${given}: a port is needed, or an address and a port, like 127.0.0.1:9000`,
    );
  return { address, ports: [integer('--listen', port, 0, 65_535)] };
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something else listens there',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'ports below 1024 need rights',
};

async function listening(
  start: () => Promise<PageServer>,
  address: string,
  port: number,
): Promise<PageServer> {
  try {
    return await start();
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new CliError(
      `cannot listen on ${address}, port ${port}: ${reasons[code] ?? message}`,
      '--listen PORT takes another one',
    );
  }
}
