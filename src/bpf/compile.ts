import type { FilterProgram } from '../model/index.ts';
import { FilterError } from './error.ts';
import type { FilterResolver } from './names.ts';
import { RET } from './opcodes.ts';

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

/** @throws FilterError with the place of the mistake */
export function compile(expression: string, options: CompileOptions): FilterProgram {
  const { linktype, snaplen = defaultSnaplen } = options;
  if (expression.trim() !== '')
    throw new FilterError('filters are not compiled yet', { expression, position: 0 });
  return { linktype, instructions: [{ code: RET, jt: 0, jf: 0, k: snaplen }] };
}
