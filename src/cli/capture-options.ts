/** The options `watch` and `dump` share: tcpdump's letters, one long name each. */
import { UsageError } from './errors.ts';
import { type KubeOptions, kubeOptions, kubeRows } from './kube-options.ts';
import { integer, type OptionRow, type Parsed } from './options.ts';
import { runtimeRows } from './runtime-options.ts';

export const captureRows: readonly OptionRow[] = [
  {
    short: 'i',
    long: 'interface',
    value: 'NAME',
    repeat: true,
    help: 'only this interface of the container (default: all of them, lo too)',
  },
  {
    short: 'r',
    long: 'read',
    value: 'FILE',
    help: 'read a capture file instead (pcap, pcapng, gz; - = stdin)',
  },
  {
    short: 'w',
    long: 'write',
    value: 'FILE',
    help: 'write the packets too (pcapng; - = stdout, then nothing else is printed)',
  },
  { long: 'redact', help: 'mask secrets in the packets of -w too (docs/redaction.md)' },
  {
    long: 'redact-rules',
    value: 'FILE',
    help: 'more that is masked, and what is not (JSON, docs/redaction.md)',
  },
  { long: 'format', value: 'pcapng|pcap', help: 'format of -w (default pcapng)' },
  { short: 'c', long: 'packets', value: 'N', help: 'stop after N packets' },
  { long: 'count', help: 'only count the packets' },
  {
    short: 's',
    long: 'snapshot-length',
    value: 'BYTES',
    help: 'bytes kept of each packet (0 = default = 262144)',
  },
  { short: 'Q', long: 'direction', value: 'in|out|inout', help: "as the container's interface sees it" },
  { short: 'F', long: 'filter-file', value: 'FILE', help: 'read the filter from a file' },
  { short: 'B', long: 'buffer-size', value: 'KIB', help: 'kernel ring per namespace (default 65536 KiB)' },
  {
    short: 'C',
    long: 'rotate-size',
    value: 'SIZE',
    help: 'next -w file after SIZE million bytes (or k, m, g: KiB, MiB, GiB)',
  },
  {
    short: 'G',
    long: 'rotate-seconds',
    value: 'SECONDS',
    help: 'next -w file after so long (strftime letters in the name)',
  },
  { short: 'W', long: 'rotate-files', value: 'N', help: 'keep N files (-C), or stop after N (-G)' },
  { short: 'U', long: 'packet-buffered', help: 'write -w out after each batch of packets' },
  { long: 'print', help: 'print even with -w FILE' },
  {
    short: 'n',
    long: 'no-names',
    repeat: true,
    help: 'no look-up of names (-nn: ports neither); takes no value',
  },
  { short: 'v', long: 'verbose', repeat: true, help: 'more: -v headers, -vv bodies, -vvv everything' },
  {
    short: 't',
    long: 'time',
    repeat: true,
    help: '-t none, -tt epoch, -ttt since previous, -tttt date, -ttttt since first',
  },
  { long: 'time-stamp-precision', value: 'micro|nano', help: 'digits of the second shown (default micro)' },
  { long: 'nano', help: 'the same as --time-stamp-precision=nano' },
  { short: 'l', long: 'line-buffered', help: 'accepted: output is never held back' },
  { long: 'immediate-mode', help: 'hand packets over at once (default when printing to a terminal)' },
  { short: 'p', long: 'no-promiscuous-mode', help: 'accepted: that is the default' },
  { long: 'promiscuous', help: 'put the interfaces into promiscuous mode' },
  { long: 'host', help: "watch a container of the host's network: only its own ports" },
  { long: 'host-all', help: "the same, but everything on the host's network" },
  { long: 'wait', help: 'the container need not exist yet: watched from its first packet on' },
  { long: 'once', help: 'end when the last container has ended (default: wait until one comes back)' },
  { long: 'all-copies', help: 'keep the doubles of packets that cross a bridge' },
  { long: 'no-status', help: 'no status line, and no word when nothing shows' },
  { short: 'D', long: 'list-interfaces', help: 'list the interfaces of the target and end' },
  { short: 'Z', long: 'relinquish-privileges', value: 'USER', help: 'parse as this user (default nobody)' },
  {
    long: 'docker-host',
    value: 'URL',
    help: 'socket of the Docker Engine (default: DOCKER_HOST, the context, /var/run/docker.sock)',
  },
  ...runtimeRows,
  ...kubeRows,
  { long: 'comm', value: 'NAME', help: 'as TARGET: the process of that name (the same as comm:NAME)' },
  { long: 'port', value: 'N', help: 'as TARGET: who listens on that port (the same as port:N)' },
  { short: 'h', long: 'help', help: 'this text' },
];

export interface CaptureOptions {
  readonly interfaces: readonly string[];
  readonly read: string | undefined;
  readonly write: string | undefined;
  readonly format: 'pcapng' | 'pcap' | 'pcap-nano';
  /** Secrets in the packets of `write` are masked. */
  readonly redact: boolean;
  readonly redactRules: string | undefined;
  /** 0 = no limit */
  readonly packets: number;
  readonly countOnly: boolean;
  readonly snaplen: number;
  readonly direction: 'in' | 'out' | undefined;
  readonly filterFile: string | undefined;
  readonly ringBytes: number | undefined;
  readonly rotateSize: string | undefined;
  readonly rotateSeconds: number | undefined;
  readonly rotateFiles: number | undefined;
  readonly packetBuffered: boolean;
  readonly print: boolean;
  readonly noNames: number;
  readonly verbose: number;
  readonly time: number;
  readonly nano: boolean;
  readonly immediate: boolean;
  readonly promiscuous: boolean;
  readonly host: 'no' | 'own' | 'all';
  readonly keepDoubles: boolean;
  /** Nothing has to be there yet. */
  readonly wait: boolean;
  /** The end of the last target is the end. */
  readonly once: boolean;
  readonly listInterfaces: boolean;
  readonly noStatus: boolean;
  readonly user: string;
  readonly dockerHost: string | undefined;
  readonly runtime: string | undefined;
  readonly socket: string | undefined;
  /** The target, when it was given by an option; then every word is of the filter. */
  readonly target: string | undefined;
  /** Instead of a target: the network this process is in, which is the one of the pod with this name. */
  readonly ownPod?: string;
  /** The target is one of a cluster. */
  readonly kube: KubeOptions | undefined;
}

/** MAXIMUM_SNAPLEN of libpcap: what `-s 0` means. */
export const defaultSnaplen = 262144;

function oneOf<T extends string>(option: string, text: string, allowed: readonly T[]): T {
  if (!(allowed as readonly string[]).includes(text))
    throw new UsageError(`${option} ${text}: one of ${allowed.join(', ')} is needed`);
  return text as T;
}

export function captureOptions(parsed: Parsed): CaptureOptions {
  const number = (long: string, flag: string, min: number, max?: number): number | undefined => {
    const text = parsed.value(long);
    return text === undefined ? undefined : integer(flag, text, min, max);
  };
  const direction = oneOf('-Q', parsed.value('direction') ?? 'inout', ['in', 'out', 'inout']);
  const precision = oneOf('--time-stamp-precision', parsed.value('time-stamp-precision') ?? 'micro', [
    'micro',
    'nano',
  ]);
  const nano = parsed.has('nano') || precision === 'nano';
  const write = parsed.value('write');
  const named = oneOf('--format', parsed.value('format') ?? guessFormat(write), ['pcapng', 'pcap']);
  const options: CaptureOptions = {
    interfaces: parsed
      .values('interface')
      .flatMap((v) => v.split(','))
      .filter((v) => v !== '' && v !== 'any'),
    read: parsed.value('read'),
    write: write === '/dev/stdout' ? '-' : write,
    format: named === 'pcap' && nano ? 'pcap-nano' : named,
    redact: parsed.has('redact'),
    redactRules: parsed.value('redact-rules'),
    packets: number('packets', '-c', 1) ?? 0,
    countOnly: parsed.has('count'),
    snaplen: number('snapshot-length', '-s', 0, defaultSnaplen) || defaultSnaplen,
    direction: direction === 'inout' ? undefined : direction,
    filterFile: parsed.value('filter-file'),
    ringBytes: parsed.has('buffer-size') ? number('buffer-size', '-B', 1, 2 ** 21)! * 1024 : undefined,
    rotateSize: parsed.value('rotate-size'),
    rotateSeconds: number('rotate-seconds', '-G', 1),
    rotateFiles: number('rotate-files', '-W', 1),
    packetBuffered: parsed.has('packet-buffered'),
    print: parsed.has('print'),
    noNames: parsed.count('no-names'),
    verbose: parsed.count('verbose'),
    time: Math.min(5, parsed.count('time')),
    nano,
    immediate: parsed.has('immediate-mode'),
    promiscuous: parsed.has('promiscuous'),
    host: parsed.has('host-all') ? 'all' : parsed.has('host') ? 'own' : 'no',
    keepDoubles: parsed.has('all-copies'),
    wait: parsed.has('wait'),
    once: parsed.has('once'),
    listInterfaces: parsed.has('list-interfaces'),
    noStatus: parsed.has('no-status'),
    user: parsed.value('relinquish-privileges') ?? 'nobody',
    dockerHost: parsed.value('docker-host'),
    runtime: parsed.value('runtime'),
    socket: parsed.value('socket'),
    target: targetOption(parsed),
    kube: kubeOptions(parsed),
  };
  if (
    (options.rotateSize ?? options.rotateSeconds ?? options.rotateFiles) !== undefined &&
    write === undefined
  )
    throw new UsageError('-C, -G and -W rotate the file of -w: give -w FILE too');
  if (options.redact && write === undefined)
    throw new UsageError(
      '--redact masks the packets of -w: give -w FILE too',
      'what is printed is masked without it',
    );
  return options;
}

function targetOption(parsed: Parsed): string | undefined {
  const given = ['comm', 'port'].flatMap((name) => {
    const value = parsed.value(name);
    return value === undefined ? [] : [`${name}:${value}`];
  });
  return given.length === 0 ? undefined : given.join(',');
}

/** What the name says: people who write .pcap or .cap want the classic format. */
function guessFormat(write: string | undefined): string {
  return write !== undefined && /\.(pcap|cap|dmp)$/.test(write) ? 'pcap' : 'pcapng';
}

/**
 * Letters that mean something else to kubectl. Never a guess: tells what the letter means here when
 * what follows looks like a value for it.
 */
export function kubeHint(parsed: Parsed): string {
  const selector = parsed.afterSwitch.get('line-buffered');
  if (selector && /^[\w./-]+(=|!=|==)[\w.-]*$/.test(selector))
    return `-l takes no value here (line-buffered, as in tcpdump); for containers with a label write label=${selector} as the target`;
  const namespace = parsed.afterSwitch.get('no-names');
  if (namespace && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(namespace))
    return `-n takes no value here (no name look-up, as in tcpdump): '${namespace}' was read as the next word`;
  return '';
}
