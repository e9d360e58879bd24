/** `porthole dump`: packets, as tcpdump prints them. */
import { capture, type ViewMaker } from '../capture.ts';
import { captureOptions, captureRows, kubeHint } from '../capture-options.ts';
import { formatOptions, type OptionRow, parseOptions } from '../options.ts';

const rows: readonly OptionRow[] = [
  { short: 'A', long: 'ascii', repeat: true, help: 'print each packet in ASCII (-AA: link header too)' },
  { short: 'X', long: 'hex-ascii', repeat: true, help: 'in hex and ASCII (-XX: link header too)' },
  { short: 'x', long: 'hex', repeat: true, help: 'in hex (-xx: link header too)' },
  { short: 'e', long: 'link-header', help: 'print the link-level header' },
  { short: 'q', long: 'quick', help: 'shorter lines' },
  { short: 'S', long: 'absolute-tcp-sequence-numbers', help: 'absolute, not relative, TCP sequence numbers' },
  { short: '#', long: 'number', help: 'print the packet number' },
  { short: 'K', long: 'dont-verify-checksums', help: 'check no checksums (offloaded ones never are)' },
  ...captureRows,
];

const help = () => `Prints packets exactly as tcpdump does.

Usage: porthole dump [OPTIONS] TARGET [FILTER]
       porthole dump [OPTIONS] -r FILE [FILTER]

${formatOptions(rows)}

Examples:
  porthole dump upbeat -nn
  porthole dump upbeat -nn -A -s 0 '(((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)'
  porthole dump upbeat -w - port 8000 | wireshark -k -i -
  porthole dump -r out.pcapng -nn -tttt -X 'tcp port 8000'
`;

export async function run(argv: string[]): Promise<number> {
  const parsed = parseOptions(argv, rows);
  if (parsed.has('help')) {
    process.stdout.write(help());
    return 0;
  }
  const options = captureOptions(parsed);
  const silent = options.countOnly || (options.write !== undefined && !options.print);
  const maker: ViewMaker = {
    immediate: !silent,
    isSilent: silent,
    async make(setting) {
      if (silent) return (await import('../count-view.ts')).countView(options.countOnly);
      const { packetView } = await import('../packet-view.ts');
      return packetView(setting, {
        noNames: options.noNames,
        verbose: Math.min(3, options.verbose) as 0 | 1 | 2 | 3,
        quiet: parsed.has('quick'),
        linkHeader: parsed.has('link-header'),
        absoluteSeq: parsed.has('absolute-tcp-sequence-numbers'),
        ascii: Math.min(2, parsed.count('ascii')) as 0 | 1 | 2,
        hex: Math.min(2, parsed.count('hex')) as 0 | 1 | 2,
        hexAscii: Math.min(2, parsed.count('hex-ascii')) as 0 | 1 | 2,
        time: options.time as 0 | 1 | 2 | 3 | 4 | 5,
        nano: options.nano,
        number: parsed.has('number'),
        noChecksums: parsed.has('dont-verify-checksums'),
      });
    },
  };
  return capture(options, parsed.words, kubeHint(parsed), maker);
}
