/** The interfaces of a namespace and their coming and going: rtnetlink(7), NETLINK_ROUTE. */
import * as c from './libc.ts';

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const RTMGRP_LINK = 1;
const NLM_F_REQUEST_DUMP = 0x301;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const IFLA_IFNAME = 3;
const IFLA_LINK = 5;
const IFLA_MASTER = 10;
const IFLA_LINKINFO = 18;
const IFLA_INFO_KIND = 1;
const IFLA_STATS64 = 23;
const IFLA_CARRIER = 33;
const IFLA_LINK_NETNSID = 37;
const IFLA_XDP = 43;
const IFLA_XDP_ATTACHED = 2;
const MSG_DONTWAIT = 0x40;
const IFF_UP = 1;
const IFF_LOOPBACK = 8;

export interface Link {
  readonly index: number;
  readonly name: string;
  /** 'veth', 'vlan', 'bridge' ...; '' for hardware and loopback. */
  readonly kind: string;
  /** ARPHRD_ of linux/if_arp.h */
  readonly type: number;
  readonly up: boolean;
  readonly loopback: boolean;
  /** Index of the bridge or bond it belongs to; 0 without. */
  readonly master: number;
  /** Index of the device it stands on (VLAN, macvlan) or its peer (veth), when that is in the same namespace; 0 without. */
  readonly lower: number;
  /** False: the other end of the cable (of the veth pair) is down or gone. */
  readonly carrier: boolean;
  /** An XDP program sees what comes in before packet sockets do. */
  readonly xdp: boolean;
  readonly counters: LinkCounters;
}

/** struct rtnl_link_stats64: totals since the device was made. */
export interface LinkCounters {
  readonly rxPackets: number;
  readonly txPackets: number;
  readonly rxBytes: number;
  readonly txBytes: number;
}

const noCounters: LinkCounters = { rxPackets: 0, txPackets: 0, rxBytes: 0, txBytes: 0 };

export type LinkEvent = { readonly kind: 'new' | 'gone'; readonly link: Link };

/** Call it inside the namespace. Needs no capability. */
export function openLinkSocket(): number {
  const fd = c.check('socket(AF_NETLINK)', c.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0));
  const address = Buffer.alloc(12); // struct sockaddr_nl
  address.writeUInt16LE(AF_NETLINK, 0);
  address.writeUInt32LE(RTMGRP_LINK, 8);
  c.check('bind(AF_NETLINK)', c.bind(fd, address, address.length));
  return fd;
}

/** Asks for all links; the answers come as events, ended by `done`. */
export function requestLinks(fd: number): void {
  const request = Buffer.alloc(32); // struct nlmsghdr, struct ifinfomsg
  request.writeUInt32LE(32, 0);
  request.writeUInt16LE(RTM_GETLINK, 4);
  request.writeUInt16LE(NLM_F_REQUEST_DUMP, 6);
  request.writeUInt32LE(1, 8);
  c.check('send(RTM_GETLINK)', c.send(fd, request, request.length, 0));
}

/**
 * Reads what is there without waiting. `overrun` means events were lost (the queue was full): ask
 * for all links again.
 */
export function readLinkEvents(fd: number): { events: LinkEvent[]; done: boolean; overrun: boolean } {
  const events: LinkEvent[] = [];
  let done = false;
  const buffer = Buffer.alloc(64 * 1024); // larger than any dump part the kernel sends (32 KiB)
  for (;;) {
    const length = c.recv(fd, buffer, buffer.length, MSG_DONTWAIT);
    if (length <= 0) {
      const code = length < 0 ? c.errnoCode() : 'EAGAIN';
      if (code === 'EINTR') continue;
      return { events, done, overrun: code === 'ENOBUFS' };
    }
    if (parseLinkMessages(buffer.subarray(0, length), events)) done = true;
  }
}

/** Returns true when the dump's end is among the messages. Exported for tests. */
export function parseLinkMessages(bytes: Buffer, events: LinkEvent[]): boolean {
  let done = false;
  for (let at = 0; at + 16 <= bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    if (length < 16 || at + length > bytes.length) break;
    const type = bytes.readUInt16LE(at + 4);
    if (type === NLMSG_DONE || type === NLMSG_ERROR) done = true;
    else if ((type === RTM_NEWLINK || type === RTM_DELLINK) && length >= 32)
      events.push({
        kind: type === RTM_NEWLINK ? 'new' : 'gone',
        link: parseLink(bytes.subarray(at + 16, at + length)),
      });
    at += (length + 3) & ~3;
  }
  return done;
}

/** Calls `each` for every attribute of struct rtattr: type and value. */
function attributes(bytes: Buffer, each: (type: number, value: Buffer) => void): void {
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt16LE(at);
    if (length < 4 || at + length > bytes.length) return;
    each(bytes.readUInt16LE(at + 2) & 0x3fff, bytes.subarray(at + 4, at + length));
    at += (length + 3) & ~3;
  }
}

const text = (value: Buffer) => value.toString('utf8').replace(/\0+$/, '');

function parseLink(bytes: Buffer): Link {
  const flags = bytes.readUInt32LE(8);
  const index = bytes.readInt32LE(4);
  let name = '';
  let kind = '';
  let master = 0;
  let lower = 0;
  let lowerElsewhere = false;
  let carrier = true;
  let xdp = false;
  let counters = noCounters;
  attributes(bytes.subarray(16), (type, value) => {
    if (type === IFLA_IFNAME) name = text(value);
    else if (type === IFLA_LINK && value.length >= 4) lower = value.readUInt32LE(0);
    else if (type === IFLA_MASTER && value.length >= 4) master = value.readUInt32LE(0);
    else if (type === IFLA_LINK_NETNSID) lowerElsewhere = true;
    else if (type === IFLA_CARRIER && value.length >= 1) carrier = value[0] !== 0;
    else if (type === IFLA_STATS64 && value.length >= 32) counters = parseCounters(value);
    else if (type === IFLA_XDP)
      attributes(value, (inner, mode) => {
        if (inner === IFLA_XDP_ATTACHED && mode.length >= 1) xdp = mode[0] !== 0;
      });
    else if (type === IFLA_LINKINFO)
      attributes(value, (inner, info) => {
        if (inner === IFLA_INFO_KIND) kind = text(info);
      });
  });
  return {
    index,
    name,
    kind,
    type: bytes.readUInt16LE(2),
    up: (flags & IFF_UP) !== 0,
    loopback: (flags & IFF_LOOPBACK) !== 0,
    master,
    lower: lowerElsewhere || lower === index ? 0 : lower,
    carrier,
    xdp,
    counters,
  };
}

/** The first four of the structure's 64-bit numbers. */
function parseCounters(value: Buffer): LinkCounters {
  const [rxPackets, txPackets, rxBytes, txBytes] = [0, 8, 16, 24].map((at) =>
    Number(value.readBigUInt64LE(at)),
  ) as [number, number, number, number];
  return { rxPackets, txPackets, rxBytes, txBytes };
}
