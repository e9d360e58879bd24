/** bpf: any text compiles or is refused as documented; any program is refused or ends; interpreters agree. */
import { compile, createMatcher, disassemble, explain, FilterError, words } from '../src/bpf/index.ts';
import { keywords } from '../src/bpf/keywords.ts';
import { constants } from '../src/bpf/names.ts';
import { expressions } from '../src/bpf/testing/expressions.ts';
import { packetsOf } from '../src/bpf/testing/packets.ts';
import { runReference } from '../src/bpf/testing/reference.ts';
import { findFault, interpret } from '../src/bpf/vm.ts';
import { type BpfInstruction, LinkType } from '../src/model/index.ts';
import type { Random } from './lib/random.ts';
import type { Target } from './lib/target.ts';

const linktypes: readonly number[] = [...Object.values(LinkType), 147];
const packets = linktypes.map((linktype) => packetsOf(linktype === 147 ? LinkType.raw : linktype, 40));
const decoder = new TextDecoder('latin1');
const resolver = {
  host: (name: string) => (name.length % 3 === 0 ? ['10.0.0.1', '2001:db8::1'] : undefined),
  service: (name: string) => (name.length % 2 === 0 ? 80 : undefined),
  container: (_kind: string, name: string) =>
    name.length % 2 === 0 ? { addresses: ['10.0.0.2', '2001:db8::2'] } : { problem: 'unknown', hint: '' },
};
/** Longest compilation of a text of a few KiB in time of the processor, far above what the slowest takes. */
const compileMs = 3000;

export const target: Target = {
  name: 'filter',
  seeds: () => expressions.map((expression) => new TextEncoder().encode(expression)),
  tokens: [
    ...[...keywords, ...constants.keys()].map((word) => ` ${word} `),
    ...[
      ' and ',
      ' or ',
      '(',
      ')',
      '[',
      ':2]',
      ' = ',
      ' > ',
      '& 0xff',
      '10.0.0.1',
      '10.0.0.0/8',
      '2001:db8::/32',
    ],
    ...[...words.keys()].map((word) => ` ${word} `),
    ...[' container web ', ' pod shop/db ', ' src container (', 'container '],
    ...['00:00:5e:00:53:01', '\\tcp', '1-65535', '-', '<<', '%', '0x80000000', '4294967295', ' ', '\\'],
  ],
  maxLength: 3000,
  run(input, random) {
    if (random.chance(4)) runProgram(input, random);
    else compileText(decoder.decode(input), random);
  },
};

function compileText(text: string, random: Random): void {
  const which = random.below(linktypes.length);
  const linktype = linktypes[which]!;
  const live = random.chance(4);
  const optimize = !random.chance(3);
  const began = process.cpuUsage().user;
  try {
    const program = compile(text, { linktype, live, optimize, resolver, snaplen: 96 });
    const fault = findFault(program.instructions);
    if (fault !== '') throw new Error(`an invalid program: ${fault}`);
    disassemble(program, 'd');
    explain(text, resolver);
    const matches = createMatcher(program);
    for (let n = 0; n < 5; n++) {
      const packet = random.pick(packets[which]!);
      const { bytes, length } = packet;
      if (live) matches(bytes, 0, bytes.length, length);
      else if (
        matches(bytes, 0, bytes.length, length) !==
        runReference(program.instructions, packet).returned > 0
      )
        throw new Error('the interpreters disagree');
    }
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    checkError(error, text);
  }
  const ms = (process.cpuUsage().user - began) / 1000;
  if (ms > compileMs) throw new Error(`${Math.round(ms)} ms`);
}

function checkError(error: FilterError, text: string): void {
  const { position, length } = error;
  if (position < 0 || length < 1 || position + length > text.length + 1)
    throw new Error(`marks ${position}+${length} of ${text.length}: ${error.message}`);
  const lines = error.format().split('\n');
  if (lines.some((line) => /[\u0000-\u001f\u007f-\u009f]/.test(line))) throw new Error('control characters');
  if (!/^ *\^+$/.test(lines[2]!)) throw new Error(`no caret: ${lines[2]}`);
}

/** The input as instructions, eight bytes each, made valid here and there. */
function runProgram(input: Uint8Array, random: Random): void {
  const program: BpfInstruction[] = [];
  for (let at = 0; at + 8 <= input.length; at += 8) {
    const [code, , jt, jf, ...k] = input.subarray(at, at + 8) as unknown as number[];
    const number = ((k[0]! << 24) | (k[1]! << 16) | (k[2]! << 8) | k[3]!) >>> 0;
    const isPlain = random.chance(3);
    program.push({
      code: isPlain ? code! : random.pick(codes),
      jt: jt! % 4,
      jf: jf! % 4,
      k: random.chance(3) ? number : number % 32,
    });
  }
  program.push({ code: 0x16, jt: 0, jf: 0, k: 0 }, { code: 6, jt: 0, jf: 0, k: 1 });
  if (findFault(program) !== '') return;
  const run = interpret(program);
  for (let n = 0; n < 4; n++) {
    const packet = random.pick(packets[0]!);
    const here = run(packet.bytes, 0, packet.bytes.length, packet.length);
    if (usesMetadata(program)) continue;
    const there = runReference(program, packet).returned;
    if (here !== there) throw new Error(`${here}, the reference says ${there}: ${JSON.stringify(program)}`);
  }
}

function usesMetadata(program: readonly BpfInstruction[]): boolean {
  return program.some(({ code, k }) => (code & 0xe7) === 0x20 && k >= 0xfffff000);
}

const codes = [
  ...[0x00, 0x01, 0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0x60, 0x61, 0x80, 0x81, 0xb1, 0x02, 0x03, 0x07, 0x87],
  ...[0x04, 0x14, 0x24, 0x34, 0x44, 0x54, 0x64, 0x74, 0x94, 0xa4, 0x0c, 0x1c, 0x2c, 0x3c, 0x4c, 0x5c, 0x6c],
  ...[0x7c, 0x9c, 0xac, 0x84, 0x05, 0x15, 0x25, 0x35, 0x45, 0x1d, 0x2d, 0x3d, 0x4d],
];
