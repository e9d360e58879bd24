/** What is to be undone when the process of a test file ends, a runner that gives it up included. */
const undoings: (() => void)[] = [];

/** `undo` must be synchronous. Last in, first out. */
export function atEnd(undo: () => void): void {
  undoings.push(undo);
}

process.on('exit', () => {
  for (const undo of undoings.toReversed()) undo();
});
// Without a listener these end the process and 'exit' is never told.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
