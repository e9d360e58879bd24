import { Direction, type Frame, type Packet, Problem } from '../model/index.ts';

const nothing = new Uint8Array(0);

const noFrame: Frame = {
  buf: nothing,
  start: 0,
  capLen: 0,
  origLen: 0,
  sec: 0,
  nsec: 0,
  iface: { id: 0, name: '', linktype: 0, snaplen: 0, netns: 0, target: '' },
  direction: Direction.unknown,
  number: 0,
  checksumNotReady: false,
};

/** A Packet to be reused for every frame. */
export function createPacket(): Packet {
  return {
    frame: noFrame,
    buf: nothing,
    end: 0,
    problem: Problem.none,
    etherType: 0,
    vlanId: -1,
    vlanDepth: 0,
    ipVersion: 0,
    ipOff: -1,
    srcOff: -1,
    dstOff: -1,
    ipProto: 0,
    ipTtl: 0,
    ipPayloadOff: -1,
    ipPayloadLen: 0,
    isFragment: false,
    fragOff: 0,
    fragMore: false,
    fragId: 0,
    transport: 0,
    srcPort: 0,
    dstPort: 0,
    tcpSeq: 0,
    tcpAck: 0,
    tcpFlags: 0,
    tcpWindow: 0,
    tcpOptOff: -1,
    tcpOptLen: 0,
    payloadOff: -1,
    payloadCap: 0,
    payloadLen: 0,
  };
}

/** Everything "not present", over `frame`'s bytes. */
export function reset(p: Packet, frame: Frame): void {
  p.frame = frame;
  p.buf = frame.buf;
  p.end = frame.start + frame.capLen;
  p.problem = Problem.none;
  p.etherType = 0;
  p.vlanId = -1;
  p.vlanDepth = 0;
  p.ipVersion = 0;
  p.ipOff = -1;
  p.srcOff = -1;
  p.dstOff = -1;
  p.ipProto = 0;
  p.ipTtl = 0;
  p.ipPayloadOff = -1;
  p.ipPayloadLen = 0;
  p.isFragment = false;
  p.fragOff = 0;
  p.fragMore = false;
  p.fragId = 0;
  p.transport = 0;
  p.srcPort = 0;
  p.dstPort = 0;
  p.tcpSeq = 0;
  p.tcpAck = 0;
  p.tcpFlags = 0;
  p.tcpWindow = 0;
  p.tcpOptOff = -1;
  p.tcpOptLen = 0;
  p.payloadOff = -1;
  p.payloadCap = 0;
  p.payloadLen = 0;
}
