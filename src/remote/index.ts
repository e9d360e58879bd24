// The stream between an agent on a node and its client, as pure functions: bytes in, units and lines out.
// 1. The client's first line comes before the agent's first byte; a preface tells where its answer begins.
// 2. Units are numbered and kept until acknowledged: a broken connection loses nothing that was captured.
// 3. A slow client fills the window; the agent then leaves frames in the kernel's rings, which count their loss.
export { ClockOffset } from './clock.ts';
export { encodeUnit, preface, type UnitCollector, UnitKind, UnitReader } from './frames.ts';
export { Inbox, type InboxOutput } from './inbox.ts';
export { LineReader } from './lines.ts';
export {
  type AgentEvent,
  type ClientLine,
  commonVersion,
  type Hello,
  type PodSelection,
  protocolVersion,
  type Refusal,
  readClientLine,
  type Want,
  type Welcome,
} from './messages.ts';
export { Outbox, windowBytes } from './outbox.ts';
