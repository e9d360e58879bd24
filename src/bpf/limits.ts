/** Bounds that keep any text from costing much: all far above what people and programs write. */

/** The longest expression: lists of more than a thousand addresses fit. */
export const maxLength = 65536;
/** Nested parentheses and negations: the parser and the passes after it recurse. */
export const maxDepth = 200;
/** Changes between `and` and `or` in a list: each is one level deeper for the passes after the parser. */
export const maxChanges = 1000;
/** Operators of one arithmetic expression: the passes recurse over it. */
export const maxOperators = 200;
/** Tests as written, one host having six and one port 23 of them: what long lists repeat is found in them. */
export const maxWritten = 32768;
/** Tests before optimization: what is left of more would hardly fit in the kernel's 4096 instructions. */
export const maxTests = 8192;
/** Tags and tunnels: behind each the passes know less, and programs compute more. */
export const maxEncapsulations = 200;
