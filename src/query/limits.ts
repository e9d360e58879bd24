/** What a query may ask for, and why not more. */

/** Characters of a query: lists of a thousand addresses fit, and every pass over it is short. */
export const lengthLimit = 65_536;
/** Parentheses, `not`s and calls within each other: each is a call on the stack when an entry is looked at. */
export const depthLimit = 100;
/** Bytes of one body after its content encodings are undone: a small answer may unfold to gigabytes. */
export const unfoldLimit = 1024 * 1024;
/** Names a hint or an error lists. */
export const namedLimit = 5;
