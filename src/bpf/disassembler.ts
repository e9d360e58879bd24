/** Programs as text, in the three forms of tcpdump's -d. */
import type { BpfInstruction, FilterProgram } from '../model/index.ts';
import * as op from './opcodes.ts';

/** d: readable; dd: an initialiser in C; ddd: decimal numbers, the count first. */
export type DisassemblyStyle = 'd' | 'dd' | 'ddd';

/** One line an instruction, each ended by a newline. */
export function disassemble(program: FilterProgram, style: DisassemblyStyle = 'd'): string {
  const { instructions } = program;
  const lines =
    style === 'd'
      ? instructions.map(describe)
      : style === 'dd'
        ? instructions.map((i) => `{ 0x${i.code.toString(16)}, ${i.jt}, ${i.jf}, 0x${hex8(i.k)} },`)
        : [`${instructions.length}`, ...instructions.map((i) => `${i.code} ${i.jt} ${i.jf} ${i.k}`)];
  return lines.map((line) => `${line}\n`).join('');
}

const hex = (n: number) => (n === 0 ? '0' : `0x${n.toString(16)}`);
const hex8 = (n: number) => n.toString(16).padStart(8, '0');
const signed = (n: number) => `${n | 0}`;

/** Linux's metadata by libpcap's names: SKF_AD_* of linux/filter.h without the ones no filter asks for. */
const metadata = new Map<number, string>([
  [op.AncillaryOffset.protocol, 'proto'],
  [op.AncillaryOffset.packetType, 'type'],
  [op.AncillaryOffset.interfaceIndex, 'ifidx'],
  [op.AncillaryOffset.vlanTag, 'vlan_tci'],
  [op.AncillaryOffset.vlanTagPresent, 'vlanp'],
  [op.AncillaryOffset.vlanProtocol, 'vlan_tpid'],
]);

const sizes: Record<number, string> = { [op.W]: '', [op.H]: 'h', [op.B]: 'b' };
const calculations: Record<number, string> = {
  [op.ADD]: 'add',
  [op.SUB]: 'sub',
  [op.MUL]: 'mul',
  [op.DIV]: 'div',
  [op.MOD]: 'mod',
  [op.AND]: 'and',
  [op.OR]: 'or',
  [op.XOR]: 'xor',
  [op.LSH]: 'lsh',
  [op.RSH]: 'rsh',
};
/** These take their constant in hexadecimal. */
const masks = new Set<number>([op.AND, op.OR, op.XOR]);
const branches: Record<number, string> = {
  [op.JEQ]: 'jeq',
  [op.JGT]: 'jgt',
  [op.JGE]: 'jge',
  [op.JSET]: 'jset',
};

/** `(003) jeq      #0x6             jt 4	jf 10` */
export function describe(instruction: BpfInstruction, at: number): string {
  const [mnemonic, operand] = parts(instruction, at);
  const head = `(${`${at}`.padStart(3, '0')}) ${mnemonic.padEnd(8)} `;
  const { code, jt, jf } = instruction;
  if ((code & 7) !== op.JMP || (code & 0xf0) === op.JA) return head + operand;
  return `${head}${operand.padEnd(16)} jt ${at + 1 + jt}\tjf ${at + 1 + jf}`;
}

function parts({ code, k }: BpfInstruction, at: number): [mnemonic: string, operand: string] {
  const operation = code & 0xf0;
  switch (code & 7) {
    case op.RET:
      return ['ret', code & op.RET_A ? '' : `#${signed(k)}`];
    case op.LD:
      return loadParts(code, k);
    case op.LDX:
      return loadXParts(code, k);
    case op.ST:
      return ['st', `M[${signed(k)}]`];
    case op.STX:
      return ['stx', `M[${signed(k)}]`];
    case op.JMP: {
      if (operation === op.JA) return ['ja', signed(at + 1 + k)];
      return [branches[operation] ?? 'unimp', code & op.X ? 'x' : `#${hexAlways(k)}`];
    }
    case op.ALU: {
      if (operation === op.NEG) return ['neg', ''];
      const name = calculations[operation];
      if (!name) break;
      return [name, code & op.X ? 'x' : `#${masks.has(operation) ? hexAlways(k) : signed(k)}`];
    }
    case op.MISC:
      if (code === (op.MISC | op.TAX)) return ['tax', ''];
      if (code === (op.MISC | op.TXA)) return ['txa', ''];
  }
  return ['unimp', `0x${code.toString(16)}`];
}

const hexAlways = (k: number) => `0x${k.toString(16)}`;

function loadParts(code: number, k: number): [string, string] {
  const name = `ld${sizes[code & 0x18] ?? ''}`;
  switch (code & 0xe0) {
    case op.IMM:
      return ['ld', `#${hexAlways(k)}`];
    case op.ABS:
      return [name, `[${metadata.get(k) ?? signed(k)}]`];
    case op.IND:
      return [name, `[x + ${signed(k)}]`];
    case op.MEM:
      return ['ld', `M[${signed(k)}]`];
    case op.LEN:
      return ['ld', '#pktlen'];
  }
  return ['unimp', hex(code)];
}

function loadXParts(code: number, k: number): [string, string] {
  switch (code & 0xe0) {
    case op.IMM:
      return ['ldx', `#${hexAlways(k)}`];
    case op.MEM:
      return ['ldx', `M[${signed(k)}]`];
    case op.LEN:
      return ['ldx', '#pktlen'];
    case op.MSH:
      return ['ldxb', `4*([${signed(k)}]&0xf)`];
  }
  return ['unimp', hex(code)];
}
