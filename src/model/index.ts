// Nouns and ports, no behaviour. Imports nothing.
// Words: frame = captured bytes, packet = decoded frame, connection = 5-tuple + netns,
// stream = one direction reassembled, message = one protocol unit, exchange = request + response.
export type * from './connection.ts';
export type * from './exchange.ts';
export type * from './field.ts';
export type * from './filter.ts';
export { Direction, type Frame } from './frame.ts';
export type * from './icmp.ts';
export { type CaptureInterface, LinkType } from './interface.ts';
export type * from './loss.ts';
export { type Packet, Problem, TcpFlag } from './packet.ts';
export type * from './platform.ts';
export type * from './protocol.ts';
export type * from './sink.ts';
export type * from './source.ts';
export type * from './surroundings.ts';
export type * from './target.ts';
export type * from './time.ts';
export type * from './tls.ts';
