// The model behind both faces: a desk that is fed as a sink and answers in plain data (ports.ts). No I/O, no clock, so
// that it runs in a browser's worker too.
// 1. held.ts keeps entries (packed: pack/), frames.ts packets, both up to a limit; list.ts is a list that is kept up to
//    date, tally.ts are sums that are.
// 2. row.ts, detail.ts and values.ts show entries by the fields that protocols declare.
// 3. copy.ts, har.ts, packets.ts and sequence.ts make what leaves; what is masked on the screen is masked there.
export { createDesk, type DeskOptions, defaultLimits } from './desk.ts';
export { HarError, readHar } from './har-read.ts';
export type * from './ports.ts';
