// The stream between an agent on a node and its client, as pure functions: bytes in, units and lines out.
// 1. The client's first line comes before the agent's first byte; a preface tells where its answer begins.
// 2. Units are numbered and kept until acknowledged: a broken connection loses nothing that was captured.
// 3. A slow client fills the window; the agent then leaves frames in the kernel's rings, which count their loss.
// 4. Clocks are compared as they answer, and frames of several nodes put into the order of corrected times.
export { agreed } from './agreement.ts';
export { type ClockBounds, ClockOffset, type ClockSample } from './clock.ts';
export { Correction } from './correction.ts';
export { EntryDecoder, type EntryOutput } from './entry-decoder.ts';
export { EntryEncoder } from './entry-encoder.ts';
export { encodeUnit, maxPacked, preface, type UnitCollector, UnitKind, UnitReader } from './frames.ts';
export { Inbox, type InboxOutput } from './inbox.ts';
export { LineReader } from './lines.ts';
export { FrameMerge, type MergeOptions } from './merge.ts';
export {
  type AgentEvent,
  type ClientLine,
  commonVersion,
  type EntryWant,
  type Hello,
  type PodSelection,
  protocolVersion,
  type Refusal,
  readClientLine,
  type Want,
  type Welcome,
} from './messages.ts';
export { Outbox, windowBytes } from './outbox.ts';
export { podPorts, withoutPodPorts } from './ports.ts';
