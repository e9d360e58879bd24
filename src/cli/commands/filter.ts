/** `porthole filter`: what a filter compiles to, what it says, and what of a capture passes it. */
import { disassemble, explain, words } from '../../bpf/index.ts';
import { openCaptureFile } from '../../capture/file/index.ts';
import { LinkType } from '../../model/index.ts';
import { filterText } from '../capture-filter.ts';
import { defaultSnaplen } from '../capture-options.ts';
import { UsageError } from '../errors.ts';
import { Filter } from '../filter-text.ts';
import { formatOptions, integer, type OptionRow, parseOptions } from '../options.ts';
import { runtimeRows } from '../runtime-options.ts';
import { stderr } from '../terminal.ts';

const rows: readonly OptionRow[] = [
  {
    short: 'd',
    long: 'code',
    repeat: true,
    help: 'the program, readable (default); -dd as C, -ddd as decimal numbers',
  },
  { long: 'explain', help: 'what the filter asks, in words' },
  { long: 'test', value: 'FILE', help: 'how many packets of a capture pass' },
  { short: 'y', long: 'linktype', value: 'NAME', help: 'link type (default EN10MB)' },
  { short: 'O', long: 'no-optimize', help: 'without the optimizer' },
  { short: 's', long: 'snapshot-length', value: 'BYTES', help: 'bytes kept of a packet that passes' },
  { short: 'F', long: 'filter-file', value: 'FILE', help: 'read the filter from a file' },
  { long: 'live', help: "as attached to a live socket: VLAN tags are in the packet's metadata" },
  ...runtimeRows,
  { short: 'h', long: 'help', help: 'this text' },
];

/** DLT_ names as tcpdump -L prints them. */
const linkTypes: Record<string, number> = {
  EN10MB: LinkType.ethernet,
  RAW: LinkType.raw,
  IPV4: LinkType.ipv4,
  IPV6: LinkType.ipv6,
  LINUX_SLL: LinkType.linuxSll,
  LINUX_SLL2: LinkType.linuxSll2,
  NULL: LinkType.null,
  LOOP: LinkType.loop,
  PPP: LinkType.ppp,
  IEEE802_11: LinkType.ieee80211,
};

const help = () => `Prints what a filter compiles to, as tcpdump -d does, or what it means.

Usage: porthole filter [OPTIONS] EXPRESSION

${formatOptions(rows)}

Link types: ${Object.keys(linkTypes).join(', ')}

Words that tcpdump does not have:
${wordLines()}

Examples:
  porthole filter 'tcp port 80' -d
  porthole filter -y LINUX_SLL2 -ddd 'host 192.0.2.1 and not port 22'
  porthole filter --explain 'tcp port 80 and not host web'
  porthole filter --explain 'http and not src container web'
  porthole filter --test out.pcapng -F expression.txt
`;

/** Words of Porthole's own, as the compiler explains them. */
function wordLines(): string {
  const rows: [string, string][] = [
    ['container NAME, pod NAME', "its addresses, after 'src' or 'dst' too; NAME as TARGET takes it"],
    ...[...words].map(([word, { meaning }]): [string, string] => [word, meaning]),
  ];
  return rows.map(([word, meaning]) => `  ${word.padEnd(26)}${meaning}`).join('\n');
}

export async function run(argv: string[]): Promise<number> {
  const parsed = parseOptions(argv, rows);
  if (parsed.has('help')) {
    process.stdout.write(help());
    return 0;
  }
  const name = (parsed.value('linktype') ?? 'EN10MB').toUpperCase().replace(/^DLT_/, '');
  const linktype = Object.hasOwn(linkTypes, name) ? linkTypes[name]! : undefined;
  if (linktype === undefined)
    throw new UsageError(`-y ${name}: no such link type`, `one of ${Object.keys(linkTypes).join(', ')}`);
  const text = filterText(parsed.words, parsed.value('filter-file'));
  const snaplen = integer('-s', parsed.value('snapshot-length') ?? '0', 0, defaultSnaplen) || defaultSnaplen;
  const file = parsed.value('test');
  const filter = await Filter.of(
    text,
    { snaplen, live: file === undefined && parsed.has('live'), optimize: !parsed.has('no-optimize') },
    { runtime: parsed.value('runtime'), socket: parsed.value('socket') },
  );
  if (file !== undefined) return await testFile(file, filter);
  const program = filter.compile(linktype);
  if (parsed.has('explain')) {
    process.stdout.write(explain(text, filter.resolver));
    if (!parsed.has('code')) return 0;
  }
  const style = (['d', 'd', 'dd', 'ddd'] as const)[Math.min(3, parsed.count('code'))]!;
  process.stdout.write(disassemble(program, style));
  return 0;
}

/** Counts without rights, for a file is as hostile as a network. Exit status 1 when nothing passes, as grep has it. */
async function testFile(path: string, filter: Filter): Promise<number> {
  const matcher = filter.matcher();
  const source = openCaptureFile(path, matcher ? { filter: matcher } : {});
  if (process.getuid?.() === 0 && process.platform === 'linux') {
    const { giveUpRights, parserUser } = await import('../../watch/index.ts');
    giveUpRights(parserUser('nobody'));
  }
  await source.begin();
  if (filter.namesContainers) filter.learn(source.names());
  await source.run({ interface() {}, frame() {}, loss() {}, note: stderr, batch() {} });
  const { captured, received } = source.counters();
  process.stdout.write(`${captured} of ${received} packets pass\n`);
  if (source.damage !== '') stderr(`${path} is ${source.damage}; everything before it was read`);
  return captured > 0 ? 0 : 1;
}
