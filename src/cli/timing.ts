/** PORTHOLE_TIMING=1 prints, on stderr, what the time from the command's start went into. */
const on = process.env['PORTHOLE_TIMING'] === '1';
/** Unix ms at which this process was created: performance.timeOrigin counts from there. */
const origin = performance.timeOrigin;
const marks: { what: string; at: number }[] = [];

export function mark(what: string): void {
  if (on) marks.push({ what, at: performance.now() });
}

/** `unixMs` of the first packet's own timestamp. */
export function printTiming(firstPacketUnixMs: number): void {
  if (!on) return;
  let before = 0;
  for (const { what, at } of marks) {
    process.stderr.write(`timing: ${at.toFixed(1).padStart(7)} ms (+${(at - before).toFixed(1)}) ${what}\n`);
    before = at;
  }
  process.stderr.write(
    `timing: ${(firstPacketUnixMs - origin).toFixed(1).padStart(7)} ms first packet captured\n`,
  );
}
