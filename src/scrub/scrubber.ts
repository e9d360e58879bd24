/**
 * Frames with the secrets in their payloads masked, in the order in which they came: a frame waits until the bytes
 * of its stream were judged, and so do those behind it. What cannot be judged is masked whole, and counted.
 */
import type { Frame, FrameCollector, Packet, Platform } from '../model/index.ts';
import { TcpFlag } from '../model/index.ts';
import { Finders, filling, type Rules, Spans, Tally } from '../redact/index.ts';
import { latin1, u16 } from '../util/bytes.ts';
import { createPacket, decode } from '../wire/index.ts';
import { isPartial, sumOf, updated } from './checksum.ts';
import { type Held, hold } from './held.ts';
import { limits } from './limits.ts';
import { findAnything } from './plain.ts';
import type { Reason, Tools } from './reader.ts';
import { type Way, Ways } from './way.ts';

export interface ScrubCounters {
  /** By rule. */
  readonly tally: Tally;
  /** Bytes that were masked without having been judged, by why. */
  readonly blanked: ReadonlyMap<Reason, number>;
  /** Frames with anything masked in them. */
  readonly frames: number;
  /** Decided about before all was there, because too much or for too long had waited. */
  readonly hurried: number;
}

export interface Scrubber extends Pick<FrameCollector, 'frame'> {
  /** Time passes without frames: nothing waits for longer than it should. */
  tick(sec: number): void;
  /** Nothing comes any more. */
  finish(): void;
  counters(): ScrubCounters;
}

export interface ScrubOptions {
  readonly rules: Rules;
  readonly platform: Platform;
}

/** Ports of tunnels over UDP: VXLAN (RFC 7348; 8472 is Linux's own), Geneve (RFC 8926), GTP-U, Teredo, WireGuard is encrypted. */
const tunnelPorts = new Set([4789, 8472, 6081, 2152, 3544, 4754, 6635]);
/** Names and times: DNS, mDNS, LLMNR, DHCP, NTP; QUIC is encrypted. Nothing of them is looked at. */
const plainPorts = new Set([53, 67, 68, 123, 443, 546, 547, 5353, 5355]);
/** IP protocols that carry no payload of anybody's, or an encrypted one: IGMP, ESP, AH, EIGRP, OSPF, PIM, VRRP. */
const harmlessProtocols = new Set([2, 50, 51, 88, 89, 103, 112]);
const icmp = 1;
const icmp6 = 58;
/** Unreachable, quench, redirect, time exceeded, parameter problem (RFC 792): they quote a packet. */
const icmpErrors = new Set([3, 4, 5, 11, 12]);
/** Of ICMP errors of both versions. */
const icmpHead = 8;

const spans = new Spans();
const star = 0x2a;

export function createScrubber(options: ScrubOptions, emit: (frame: Frame) => void): Scrubber {
  const tally = new Tally();
  const blanked = new Map<Reason, number>();
  const tools: Tools = {
    finders: new Finders(options.rules),
    platform: options.platform,
    tally,
    blank: (reason, bytes) => void blanked.set(reason, (blanked.get(reason) ?? 0) + bytes),
  };
  const packet = createPacket();
  const connections = new Map<string, Ways>();
  /** Those that are over, oldest first. */
  const closed: [key: string, ways: Ways][] = [];
  let queue: Held[] = [];
  let head = 0;
  let bytes = 0;
  let frames = 0;
  let hurried = 0;

  function push(held: Held): void {
    queue.push(held);
    bytes += held.capLen;
  }

  function isReady({ way, pos, length, blank }: Held): boolean {
    return !way || blank || pos + length <= way.reader.decided;
  }

  function flush(now: number): void {
    for (; head < queue.length; head++) {
      const held = queue[head]!;
      if (!isReady(held)) {
        const isLate = now - held.sec - held.nsec / 1e9 > limits.holdSeconds;
        const isMuch = bytes > limits.heldBytes || queue.length - head > limits.heldFrames;
        if (!isLate && !isMuch) break;
        hurried++;
        held.way!.decideUpTo(held.pos + held.length);
      }
      release(held);
    }
    if (head === queue.length) {
      queue.length = 0;
      head = 0;
    } else if (head > 1024 && head * 2 > queue.length) {
      queue = queue.slice(head);
      head = 0;
    }
  }

  function release(held: Held): void {
    bytes -= held.capLen;
    const { way, pos, captured, payload, buf } = held;
    if (way && captured > 0 && !held.blank) {
      if (pos < way.marks.knownFrom) blankPayload(held, 'sent again');
      else {
        const before = buf.slice(payload, payload + captured);
        if (way.marks.apply(buf, payload, payload + captured, pos)) changed(held, before);
      }
      way.emitted = Math.max(way.emitted, pos + held.length);
      way.marks.forget(way.emitted);
    }
    emit(held);
  }

  function blankPayload(held: Held, reason: Reason): void {
    const { buf, payload, captured } = held;
    const before = buf.slice(payload, payload + captured);
    buf.fill(star, payload, payload + captured);
    tools.blank(reason, captured);
    changed(held, before);
  }

  /** The payload is another: so is the checksum. */
  function changed(held: Held, before: Uint8Array): void {
    frames++;
    const { buf, payload, captured, transport, checksum, isUdp } = held;
    if (checksum < 0 || held.checksumNotReady) return;
    const given = u16(buf, checksum);
    // None at all (RFC 768).
    if (isUdp && given === 0) return;
    const now = updated(
      given,
      sumOf(before, 0, captured, transport - payload),
      sumOf(buf, payload, payload + captured, transport),
    );
    const written = isUdp && now === 0 ? 0xffff : now;
    buf[checksum] = written >> 8;
    buf[checksum + 1] = written & 255;
  }

  /** Where the checksum lies in a copy of the frame; -1 when it is none, not captured, or hardware's to complete. */
  function checksumOf(p: Packet, transport: number, offset: number): number {
    const at = transport + offset;
    if (at + 2 > p.end) return -1;
    const size = p.ipVersion === 4 ? 4 : 16;
    const length = p.payloadOff - transport + p.payloadLen;
    return isPartial(p.buf, u16(p.buf, at), p.srcOff, size, p.transport, length) ? -1 : at - p.frame.start;
  }

  function keyOf(p: Packet, isReply: boolean): string {
    const size = p.ipVersion === 4 ? 4 : 16;
    const from = latin1(p.buf, p.srcOff, p.srcOff + size);
    const to = latin1(p.buf, p.dstOff, p.dstOff + size);
    const { netns } = p.frame.iface;
    return isReply
      ? `${netns} ${to}${p.dstPort} ${from}${p.srcPort}`
      : `${netns} ${from}${p.srcPort} ${to}${p.dstPort}`;
  }

  function wayOf(p: Packet): Way {
    const key = keyOf(p, false);
    const isSyn = (p.tcpFlags & TcpFlag.syn) !== 0;
    let ways = connections.get(key);
    let isFirst = true;
    if (!ways) {
      ways = connections.get(keyOf(p, true));
      isFirst = ways === undefined;
    }
    const known = ways && (isFirst ? ways.first : ways.second);
    // The tuple is used again.
    if (known && isSyn && !(p.tcpFlags & TcpFlag.ack) && !known.isFresh && known.isn !== (p.tcpSeq | 0)) {
      ways!.finish();
      connections.delete(isFirst ? key : keyOf(p, true));
      ways = undefined;
      isFirst = true;
    }
    if (!ways) {
      if (connections.size >= limits.connections) {
        const [oldest, its] = connections.entries().next().value!;
        its.finish();
        connections.delete(oldest);
      }
      ways = new Ways(tools);
      connections.set(key, ways);
    }
    const way = isFirst ? ways.first : ways.second;
    if (isSyn) way.synchronize(p.tcpSeq);
    return way;
  }

  function tcp(frame: Frame, p: Packet): void {
    const way = wayOf(p);
    const transport = transportOf(p);
    const parts = {
      payload: p.payloadOff - frame.start,
      captured: p.payloadCap,
      transport: transport - frame.start,
      checksum: checksumOf(p, transport, 16),
    };
    const isReset = (p.tcpFlags & TcpFlag.rst) !== 0;
    if (p.payloadLen === 0) push(hold(frame, {}));
    else {
      const pos = way.positionOf(p.tcpSeq + (p.tcpFlags & TcpFlag.syn ? 1 : 0));
      // What a RST brings is no part of the stream (RFC 9293 section 3.5.3).
      const isJudged = !isReset && way.canJudge(pos);
      const held = hold(frame, { ...parts, way, pos, length: p.payloadLen, blank: !isJudged });
      if (isJudged) way.segment(held);
      else blankPayload(held, 'not in order');
      push(held);
    }
    if (isReset) way.ways.finish();
    else if (p.tcpFlags & TcpFlag.fin) way.fin(way.positionOf(p.tcpSeq) + p.payloadLen);
    if (isReset || (way.isEnded && way.peer.isEnded)) close(p, way.ways);
  }

  /** Known for a while yet: what is sent again is masked as it was. */
  function close(p: Packet, ways: Ways): void {
    if (ways.isClosed) return;
    ways.isClosed = true;
    const key = keyOf(p, false);
    closed.push([connections.get(key) === ways ? key : keyOf(p, true), ways]);
    if (closed.length <= limits.closed) return;
    const [oldest, its] = closed.shift()!;
    its.finish();
    // The tuple may be another connection's by now.
    if (connections.get(oldest) === its) connections.delete(oldest);
  }

  /** Each datagram by itself. */
  function udp(frame: Frame, p: Packet): void {
    const transport = transportOf(p);
    const held = hold(frame, {
      payload: p.payloadOff - frame.start,
      captured: p.payloadCap,
      transport: transport - frame.start,
      checksum: checksumOf(p, transport, 6),
      isUdp: true,
    });
    if (p.payloadCap > 0 && !plainPorts.has(p.srcPort) && !plainPorts.has(p.dstPort)) {
      if (tunnelPorts.has(p.dstPort) || tunnelPorts.has(p.srcPort)) blankPayload(held, 'tunnel');
      else maskIn(held);
    }
    push(held);
  }

  /** Looks for anything in the payload, by itself. */
  function maskIn(held: Held): void {
    const { buf, payload, captured } = held;
    const text = latin1(buf, payload, payload + captured);
    spans.clear();
    findAnything(tools, text, spans);
    if (spans.count === 0) return;
    const before = buf.slice(payload, payload + captured);
    let any = false;
    spans.each((from, to, what, isNumber) => {
      if (tools.finders.isAllowed(text.slice(from, to))) return;
      any = true;
      tally.add(what);
      const instead = filling(to - from, isNumber);
      for (let i = from; i < to; i++) buf[payload + i] = instead.charCodeAt(i - from);
    });
    if (any) changed(held, before);
  }

  /** Neither TCP nor UDP, or a part of it. */
  function other(frame: Frame, p: Packet): void {
    const off = p.ipPayloadOff - frame.start;
    const captured = Math.min(p.end, p.ipPayloadOff + p.ipPayloadLen) - p.ipPayloadOff;
    if (p.ipVersion === 0 || p.ipPayloadOff < 0 || captured <= 0 || harmlessProtocols.has(p.ipProto))
      return push(hold(frame, {}));
    // Ports stay: in the first fragment of TCP and UDP, and in what an ICMP error quotes.
    let kept = 0;
    let reason: Reason = 'tunnel';
    if (p.isFragment) {
      kept = p.fragOff > 0 ? 0 : headLength(p.buf, p.ipPayloadOff, p.ipProto);
      reason = 'fragment';
    } else if (p.ipProto === icmp || p.ipProto === icmp6) {
      const type = p.buf[p.ipPayloadOff]!;
      const isError = p.ipProto === icmp ? icmpErrors.has(type) : type < 128;
      if (!isError) return push(hold(frame, {}));
      kept = icmpHead + quotedHead(p.buf, p.ipPayloadOff + icmpHead);
      reason = 'quoted';
    }
    if (captured <= kept) return push(hold(frame, {}));
    const held = hold(frame, { payload: off + kept, captured: captured - kept });
    const { buf } = held;
    const before = sumOf(buf, held.payload, held.payload + held.captured, off);
    blankPayload(held, reason);
    balance(buf, held.payload, held.payload + held.captured, off, before);
    push(held);
  }

  return {
    frame(frame) {
      decode(frame, packet);
      if (packet.transport === 6) tcp(frame, packet);
      else if (packet.transport === 17) udp(frame, packet);
      else other(frame, packet);
      flush(frame.sec + frame.nsec / 1e9);
    },
    tick(sec) {
      flush(sec);
    },
    finish() {
      for (const ways of connections.values()) ways.finish();
      connections.clear();
      flush(Number.POSITIVE_INFINITY);
    },
    counters: () => ({ tally, blanked, frames, hurried }),
  };
}

/** Of TCP with its options, of anything else the first eight bytes: ports. */
function headLength(b: Uint8Array, at: number, protocol: number): number {
  return protocol === 6 ? Math.max(20, ((b[at + 12] ?? 0) >> 4) * 4) : 8;
}

/** Headers of the packet that an ICMP error quotes: they stay, so that one sees what it is about. */
function quotedHead(b: Uint8Array, at: number): number {
  const first = b[at] ?? 0;
  if (first >> 4 === 6) return 40 + headLength(b, at + 40, b[at + 6] ?? 0);
  const own = (first & 15) * 4;
  return own + headLength(b, at + own, b[at + 9] ?? 0);
}

function transportOf(p: Packet): number {
  return p.payloadOff - (p.transport === 17 ? 8 : 20 + p.tcpOptLen);
}

/**
 * Where the checksum is in another fragment, or over what a quoted packet was: two bytes are chosen so that the sum
 * stays what it was.
 */
function balance(b: Uint8Array, from: number, to: number, base: number, before: number): void {
  const at = to - 2 - ((to - base) & 1);
  if (at < from) return;
  b[at] = b[at + 1] = 0;
  const now = sumOf(b, from, to, base);
  const word = (((before - now) % 0xffff) + 0xffff) % 0xffff;
  b[at] = word >> 8;
  b[at + 1] = word & 255;
}
