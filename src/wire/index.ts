// Frame -> Packet: numbers and offsets into the frame's bytes, no strings, no object per layer.
// One file a layer; each checks the captured length once, then reads freely. Bytes never throw: a cut
// header is Problem.truncated, contradicting lengths are Problem.malformed, and what was read before
// stays valid. Lengths come from the headers; what was captured of them is kept apart (snap length).
export { decode, knowsLinkType } from './decode.ts';
export { decodeIcmpError, type IcmpMessage, IpProtoIcmp } from './icmp.ts';
export { decodeTransport } from './ip.ts';
export { createPacket } from './packet.ts';
