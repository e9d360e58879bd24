/** Bounds that keep any text from costing much: all far above what people and programs write. */

/** Nested parentheses and negations: the parser and the passes after it recurse. */
export const maxDepth = 200;
/** Operators of one arithmetic expression: the passes recurse over it. */
export const maxOperators = 200;
/** Tests before optimization: what is left of more would hardly fit in the kernel's 4096 instructions. */
export const maxTests = 16384;
