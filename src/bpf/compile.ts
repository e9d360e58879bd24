/** Filter text to program, step by step. */
import type { BpfInstruction, FilterProgram } from '../model/index.ts';
import { assemble } from './assembler.ts';
import { always, type Condition } from './conditions.ts';
import { Context, type Refuse } from './context.ts';
import { emit } from './emit.ts';
import { FilterError } from './error.ts';
import { countTests, factored } from './factor.ts';
import { graphOf, inOrder, placePreparations, reject, type Target } from './graph.ts';
import { layoutOf } from './layout.ts';
import { maxTests } from './limits.ts';
import { lower } from './lower.ts';
import type { FilterResolver } from './names.ts';
import { maxInstructions } from './opcodes.ts';
import { type Manner, optimize } from './optimizer.ts';
import { parse } from './parser.ts';
import { TooDeep } from './registers.ts';
import { share } from './share.ts';
import { Values } from './values.ts';
import { type ContainerName, containersOf } from './words.ts';

/** As tcpdump's default: bytes a program keeps of a packet that passes. */
const defaultSnaplen = 262144;
/** Of more decisions than this (lists of addresses, mostly) the first program is taken: others cost time and save little. */
const largeGraph = 1000;

/** Of more tests than this what a list repeats is found before there is a graph. */
const largeCondition = 300;

export interface CompileOptions {
  /** LINKTYPE_ value */
  readonly linktype: number;
  /** Bytes kept of a packet that passes; default 262144. */
  readonly snaplen?: number;
  /** For a Linux packet socket: the outer VLAN tag is in the packet's metadata. Default false. */
  readonly live?: boolean;
  /** Of a file that a big-endian machine wrote, whose order headers of LINKTYPE_NULL are in. Default false. */
  readonly isBigEndian?: boolean;
  /** Default true. */
  readonly optimize?: boolean;
  /** IPv4 netmask of the interface for `ip broadcast`; default 0, as tcpdump has it for files. */
  readonly netmask?: number;
  /** Names of the machine; without it only numbers and the language's own names are known. */
  readonly resolver?: FilterResolver;
}

/** An empty expression accepts everything. @throws FilterError with the place of the mistake */
export function compile(expression: string, options: CompileOptions): FilterProgram {
  const { linktype, snaplen = defaultSnaplen } = options;
  const whole = { position: 0, length: Math.max(1, expression.trimEnd().length) };
  const refuse: Refuse = (reason, message, at, detail) => {
    throw new FilterError(reason, message, expression, at, detail);
  };
  const condition = conditionOf(expression, options, refuse);
  const graph = () =>
    graphOf(condition) ?? refuse('limit', `more than ${maxTests} tests before optimization`, whole);
  try {
    const instructions =
      (options.optimize ?? true) ? shortest(graph, snaplen) : codeOf(placePreparations(graph()), snaplen);
    if (!instructions)
      return refuse('never', 'no packet can match this', whole, {
        hint: 'its parts exclude each other, or its protocols do not exist on this link type',
      });
    if (instructions.length > maxInstructions)
      refuse('limit', `the program would have ${instructions.length} instructions`, whole, {
        hint: `the kernel takes ${maxInstructions}; ask for networks instead of many hosts, or for less`,
      });
    return { linktype, instructions };
  } catch (error) {
    if (!(error instanceof TooDeep)) throw error;
    return refuse('limit', 'this takes more computation than a filter has memory for (16 words)', whole);
  }
}

/** The containers and pods it names, for who looks them up before it is compiled. @throws FilterError */
export function containersIn(expression: string): ContainerName[] {
  const tree = parse(expression);
  return tree ? containersOf(tree) : [];
}

function conditionOf(expression: string, options: CompileOptions, refuse: Refuse): Condition {
  const tree = parse(expression);
  if (!tree) return always;
  const values = new Values();
  const context = new Context({
    values,
    layout: layoutOf(options.linktype, values),
    live: options.live ?? false,
    isBigEndian: options.isBigEndian ?? false,
    netmask: options.netmask ?? 0,
    resolver: options.resolver ?? {},
    refuse,
  });
  const condition = lower(context, tree);
  return countTests(condition, largeCondition) < largeCondition ? condition : factored(condition);
}

/** The shortest program of all manners to optimize; undefined when it would reject everything. */
function shortest(graph: () => Target, snaplen: number): BpfInstruction[] | undefined {
  let best: BpfInstruction[] | undefined;
  let groupings: readonly Manner['grouping'][] = ['atHand', 'asTheyCame', 'never'];
  for (const dropsIdle of [true, false]) {
    let hasDropped = false;
    for (const grouping of groupings) {
      const fresh = graph();
      const isLarge = inOrder(fresh).length > largeGraph;
      const optimized = optimize(fresh, { grouping, dropsIdle });
      if (optimized.root === reject) return undefined;
      hasDropped ||= optimized.hasDropped;
      const code = codeOf(placePreparations(optimized.root), snaplen);
      if (!best || code.length < best.length) best = code;
      if (isLarge) return best;
      if (optimized.isGrouped) continue;
      // Whatever grouping is tried comes to this.
      groupings = [grouping];
      break;
    }
    if (!hasDropped) break;
  }
  return best;
}

function codeOf(root: Target, snaplen: number): BpfInstruction[] {
  return assemble(share(emit(root, snaplen), root));
}
