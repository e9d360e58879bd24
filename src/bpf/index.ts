// Filters: text of pcap-filter(7) -> classic BPF, its listing, and an interpreter for files.
// Pure: names of the machine come in as a FilterResolver. Mistakes in the text throw FilterError.
//
// lexer -> parser (ast) -> lower, one file a topic (conditions, which are tests of values) -> factor, for long
// lists -> graph of decisions -> optimizer (facts) -> emit (registers) -> share -> assembler.
// Words that libpcap has not (words.ts) are expressions of its language, put in their place by lower.
// The peer is libpcap: test/differential/filter.test.ts holds every step against it, and lists what differs.
//
// Words: a *value* is a number computed from a packet; a *program* is the kernel's (model/filter.ts); a
// *matcher* is one program, ready to run.
export { type CompileOptions, compile, containersIn } from './compile.ts';
export { type DisassemblyStyle, disassemble } from './disassembler.ts';
export { FilterError } from './error.ts';
export { explain } from './explain.ts';
export { createMatcher, type Matcher } from './matcher.ts';
export type { ContainerAddresses, FilterResolver } from './names.ts';
export { type ContainerName, words } from './words.ts';
