// Packet -> connections and their two byte streams. Rules: bytes come out in order, once, and what was
// not captured comes out as a gap of known length, never as silence; the first copy of a byte wins;
// everything is bounded (limits.ts) and what a limit cost is counted. Time is the packet's own.
export type { Conn } from './connection.ts';
export { Defragmenter } from './defrag.ts';
export { defaultLimits, type StreamLimits } from './limits.ts';
export { createStreams, type StreamCollector, type StreamCounters, type Streams } from './streams.ts';
