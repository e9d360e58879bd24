/** One expression compiled by both, and the two programs on the same packets. */
import { compile } from '../../../src/bpf/index.ts';
import { runReference, type TestPacket } from '../../../src/bpf/testing/reference.ts';
import { findFault, interpret, type Run } from '../../../src/bpf/vm.ts';
import { filterNames } from '../../../src/cli/names.ts';
import { type BpfInstruction, LinkType } from '../../../src/model/index.ts';
import { compileForFiles, encode, runByLibpcap } from './libpcap.ts';

export const linktypeNames = new Map<number, string>(
  Object.entries(LinkType).map(([name, linktype]) => [linktype, name]),
);
const resolver = filterNames();

export interface Comparison {
  /** '' when there is nothing to explain. */
  readonly difference: string;
  /** Which documented difference it is instead. */
  readonly explained?: 'never' | 'truncated' | 'optimizer';
  /** Instructions, when both accept the expression. */
  readonly lengths?: readonly [ours: number, theirs: number];
}

/**
 * Differences that are explained:
 *
 * - never: the expression can match nothing. Porthole says so as libpcap does ('expression rejects all
 *   packets'), and sees it in some cases that libpcap does not: contradictions of constants, and in
 *   programs it leaves unoptimized (802.11, protochain, geneve). libpcap's program matches nothing then.
 * - truncated: the packet ends within what one of the programs reads, which rejects it. Which bytes are
 *   read before the verdict depends on the order of the tests and on tests that decide nothing, which both
 *   optimizers change. With bytes appended the verdicts agree.
 * - optimizer: libpcap's own program without its optimizer says what Porthole says (it may lose X between
 *   arithmetic and ports: `not (tcp[0:2] != 0 * 6) ... port 22` ends in loads from fixed places).
 */
export function compareOne(linktype: number, expression: string, packets: readonly TestPacket[]): Comparison {
  const ours = compileOurs(linktype, expression);
  // libpcap would ask DNS, and that is nothing to compare.
  if ('refused' in ours && ours.reason === 'name' && /\bhost\b/.test(ours.refused)) return { difference: '' };
  const theirs = compileForFiles(linktype, expression);
  if ('refused' in ours) {
    if (theirs.error !== undefined) return { difference: '' };
    if (ours.reason !== 'never') return { difference: `Porthole refuses: ${ours.refused}` };
    const run = runnerOf(theirs.program);
    const matched = packets.some((p) => run(p.bytes, 0, p.bytes.length, p.length) !== 0);
    return matched
      ? { difference: `Porthole says nothing matches, libpcap's program matches a packet` }
      : { difference: '', explained: 'never' };
  }
  if (theirs.error !== undefined) return { difference: `libpcap refuses: ${theirs.error}` };
  const lengths = [ours.program.length, theirs.program.length] as const;
  const verdicts = compareVerdicts(ours.program, theirs.program, packets);
  if (verdicts.difference === '') return { ...verdicts, lengths };
  const plain = compileForFiles(linktype, expression, false).program!;
  const again = compareVerdicts(ours.program, plain, packets);
  return again.difference === ''
    ? { difference: '', explained: 'optimizer', lengths }
    : { ...verdicts, lengths };
}

function compileOurs(linktype: number, expression: string) {
  try {
    return { program: compile(expression, { linktype, resolver }).instructions };
  } catch (error) {
    const { name, reason, message } = error as Error & { reason: string };
    if (name !== 'FilterError') throw new Error(`${expression}: ${(error as Error).stack}`);
    return { refused: message, reason };
  }
}

/** libpcap's loops and negative offsets cannot be run by Porthole's interpreter, as they cannot by the kernel. */
function runnerOf(program: readonly BpfInstruction[]): Run {
  if (findFault(program) === '') return interpret(program);
  const encoded = encode(program);
  return (bytes, _start, _capLen, length) => runByLibpcap(encoded, bytes, length);
}

export function compareVerdicts(
  ours: readonly BpfInstruction[],
  theirs: readonly BpfInstruction[],
  packets: readonly TestPacket[],
): Comparison {
  const [runOurs, runTheirs] = [interpret(ours), runnerOf(theirs)];
  let explained: 'truncated' | undefined;
  for (const packet of packets) {
    const { bytes, length } = packet;
    const one = runOurs(bytes, 0, bytes.length, length) !== 0;
    const other = runTheirs(bytes, 0, bytes.length, length) !== 0;
    if (one === other) continue;
    if (!isOfTruncation(ours, theirs, packet)) {
      const hex = Buffer.from(bytes).toString('hex');
      return {
        difference: `Porthole says ${one}, libpcap ${other} of ${bytes.length}/${length} bytes ${hex}`,
      };
    }
    explained = 'truncated';
  }
  return explained ? { difference: '', explained } : { difference: '' };
}

/** More than any offset of the expressions reaches, unless it is computed from arbitrary bytes. */
const padding = 70_000;

function isOfTruncation(
  ours: readonly BpfInstruction[],
  theirs: readonly BpfInstruction[],
  packet: TestPacket,
): boolean {
  if (![ours, theirs].some((program) => runReference(program, packet).failedLoad)) return false;
  return [0, 0xff, 0x45].every((filler) => {
    const bytes = new Uint8Array(packet.bytes.length + padding).fill(filler);
    bytes.set(packet.bytes);
    const [one, other] = [ours, theirs].map((program) => runReference(program, { ...packet, bytes })) as [
      ReturnType<typeof runReference>,
      ReturnType<typeof runReference>,
    ];
    return one.failedLoad || other.failedLoad || (one.returned !== 0) === (other.returned !== 0);
  });
}

/**
 * On 802.11 libpcap keeps the length of the header in a word of memory that arithmetic before the first
 * look at the payload may use too, and overwrite it. This makes it look there first, and changes nothing.
 */
export function sheltered(linktype: number, expression: string): string {
  return linktype === LinkType.ieee80211 ? `(greater 0 or ip) and (${expression})` : expression;
}
