/** Filter text to program, step by step. */
import type { FilterProgram } from '../model/index.ts';
import { assemble } from './assembler.ts';
import { Context, type Refuse } from './context.ts';
import { type Blocks, emit } from './emit.ts';
import { FilterError } from './error.ts';
import { accept, graphOf, reject, type Target } from './graph.ts';
import { layoutOf } from './layout.ts';
import { maxTests } from './limits.ts';
import { lower } from './lower.ts';
import type { FilterResolver } from './names.ts';
import { maxInstructions } from './opcodes.ts';
import { optimize } from './optimizer.ts';
import { parse } from './parser.ts';
import { OutOfMemory } from './registers.ts';
import { Values } from './values.ts';

/** As tcpdump's default: bytes a program keeps of a packet that passes. */
const defaultSnaplen = 262144;

export interface CompileOptions {
  /** LINKTYPE_ value */
  readonly linktype: number;
  /** Bytes kept of a packet that passes; default 262144. */
  readonly snaplen?: number;
  /** For a Linux packet socket: the outer VLAN tag is in the packet's metadata. Default false. */
  readonly live?: boolean;
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
  const root = decisions(expression, options, refuse);
  if (root === undefined) return refuse('limit', `more than ${maxTests} tests before optimization`, whole);
  if (root === reject && (options.optimize ?? true))
    return refuse('never', 'no packet can match this', whole, {
      hint: 'its parts exclude each other, or its protocols do not exist on this link type',
    });
  const instructions = assemble(instructionBlocks(root, snaplen, refuse));
  if (instructions.length > maxInstructions)
    refuse('limit', `the program would have ${instructions.length} instructions`, whole, {
      hint: `the kernel takes ${maxInstructions}; ask for networks instead of many hosts, or for less`,
    });
  return { linktype, instructions };
}

function decisions(expression: string, options: CompileOptions, refuse: Refuse): Target | undefined {
  const tree = parse(expression);
  if (!tree) return accept;
  const values = new Values();
  const context = new Context({
    values,
    layout: layoutOf(options.linktype, values),
    live: options.live ?? false,
    netmask: options.netmask ?? 0,
    resolver: options.resolver ?? {},
    refuse,
  });
  const graph = graphOf(lower(context, tree));
  return graph && (options.optimize ?? true) ? optimize(graph) : graph;
}

function instructionBlocks(root: Target, snaplen: number, refuse: Refuse): Blocks {
  try {
    return emit(root, snaplen);
  } catch (error) {
    if (!(error instanceof OutOfMemory)) throw error;
    return refuse('limit', 'the arithmetic is too deep for the 16 words of memory a filter has', {
      position: 0,
      length: 1,
    });
  }
}
