/**
 * Packets to try filters on: made by hand-set rules and a fixed seed, the same every time. Addresses and
 * ports come from small pools that the expressions draw from too, so that filters match now and then.
 */
import { Random } from '../../../fuzz/lib/random.ts';
import { LinkType } from '../../model/index.ts';
import type { TestPacket } from './reference.ts';

export const pools = {
  ip: [
    '10.0.0.1',
    '10.0.0.2',
    '10.1.2.3',
    '192.168.1.1',
    '192.168.1.255',
    '224.0.0.251',
    '0.0.0.0',
    '255.255.255.255',
  ],
  ip6: ['2001:db8::1', '2001:db8::2', 'fe80::1', 'ff02::fb', '::', '2001:db8:1:2:3:4:5:6'],
  mac: [
    '00:00:5e:00:53:01',
    '00:00:5e:00:53:02',
    'ff:ff:ff:ff:ff:ff',
    '01:00:5e:00:00:fb',
    '33:33:00:00:00:01',
  ],
  port: [22, 53, 80, 443, 6081, 8080, 65535],
  vlan: [0, 5, 100, 4095],
  label: [0, 16, 1000, 0xfffff],
  session: [1, 0x1234],
} as const;

type Bytes = readonly number[];

const u16 = (n: number): Bytes => [(n >> 8) & 255, n & 255];
const u32 = (n: number): Bytes => [(n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
const ip = (text: string): Bytes => text.split('.').map(Number);
const mac = (text: string): Bytes => text.split(':').map((b) => Number.parseInt(b, 16));

export function ip6(text: string): Bytes {
  const [head = '', tail] = text.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = new Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].flatMap((w) => u16(Number.parseInt(w, 16)));
}

const text = (letters: string): Bytes => [...letters].map((letter) => letter.charCodeAt(0));

/** Data of TCP segments: beginnings that the words of filters know, and what is nearly one. */
const starts: readonly Bytes[] = [
  ...['GET / HTTP/1.1\r\n\r\n', 'POST /', 'PUT /a', 'HEAD / H', 'DELETE /', 'OPTIONS *', 'PATCH /'].map(text),
  ...['CONNECT a:1', 'TRACE /', 'HTTP/1.1 200 OK\r\n', 'GET', 'get /', ' GET /', 'PRI * HTTP/2.0'].map(text),
  ...[
    [22, 3, 1, 0, 60, 1, 0, 0, 56],
    [22, 3, 3, 0, 60, 2, 0, 0, 56],
    [22, 3, 3, 0, 4, 14, 0, 0, 0],
  ],
  ...[
    [22, 3, 3, 0, 60],
    [23, 3, 3, 0, 60, 1],
    [22, 2, 0, 0, 60, 1, 0],
  ],
];

/** What a link layer carries: an ether type and the bytes. */
interface Payload {
  readonly type: number;
  readonly bytes: Bytes;
}

class Maker {
  readonly r: Random;

  constructor(seed: number) {
    this.r = new Random(seed);
  }

  weighted(choices: readonly (readonly [weight: number, make: () => Bytes])[]): Bytes {
    const all = choices.flatMap(([weight, make]) => new Array<() => Bytes>(weight).fill(make));
    return this.r.pick(all)();
  }

  filler(n: number): Bytes {
    return Array.from({ length: n }, () => this.r.below(256));
  }

  tcp(): Bytes {
    const { r } = this;
    const options = r.pick([0, 0, 1, 3, 10]);
    const flags = r.pick([0x02, 0x12, 0x10, 0x18, 0x11, 0x04, 0x14, 0x29, 0xc2, 0x00]);
    const data = r.pick<Bytes>([[], [], r.pick(starts), this.filler(r.below(30))]);
    return [
      ...u16(r.pick(pools.port)),
      ...u16(r.pick(pools.port)),
      ...this.filler(8),
      ((5 + options) << 4) | r.below(2),
      flags,
      ...this.filler(6),
      ...this.filler(4 * options),
      ...data,
    ];
  }

  udp(data: Bytes = this.filler(this.r.below(24)), port: number = this.r.pick(pools.port)): Bytes {
    return [...u16(this.r.pick(pools.port)), ...u16(port), ...u16(8 + data.length), ...u16(0), ...data];
  }

  geneve(): Bytes {
    const { r } = this;
    const words = r.pick([0, 0, 1, 5]);
    const isEthernet = r.below(3) > 0;
    const inner = this.network();
    const content = isEthernet ? this.ethernet(inner) : inner.bytes;
    const vni = r.pick([0, 5, 0xffffff]);
    return this.udp(
      [
        (r.pick([0, 0, 0, 1]) << 6) | words,
        0,
        ...u16(isEthernet ? 0x6558 : inner.type),
        ...u32(vni << 8),
        ...this.filler(4 * words),
        ...content,
      ],
      6081,
    );
  }

  /** Number of a protocol and its bytes. */
  transport(): { protocol: number; bytes: Bytes } {
    const { r } = this;
    return r.pick<() => { protocol: number; bytes: Bytes }>([
      () => ({ protocol: 6, bytes: this.tcp() }),
      () => ({ protocol: 6, bytes: this.tcp() }),
      () => ({ protocol: 17, bytes: this.udp() }),
      () => ({ protocol: 17, bytes: this.udp() }),
      () => ({ protocol: 132, bytes: [...this.udp().slice(0, 4), ...this.filler(20)] }),
      () => ({ protocol: 1, bytes: [r.pick([0, 3, 5, 8, 11]), r.below(4), ...this.filler(20)] }),
      () => ({ protocol: 58, bytes: [r.pick([1, 3, 128, 129, 133, 134, 135, 136]), 0, ...this.filler(20)] }),
      () => ({ protocol: r.pick([2, 9, 47, 50, 89, 103, 112, 4, 41]), bytes: this.filler(24) }),
    ])();
  }

  authentication(): { protocol: number; bytes: Bytes } {
    const inner = this.transport();
    const words = this.r.pick([1, 4]);
    return {
      protocol: 51,
      bytes: [inner.protocol, words, 0, 0, ...this.filler(4 * (words + 1)), ...inner.bytes],
    };
  }

  ipv4(): Payload {
    const { r } = this;
    const words = r.pick([5, 5, 5, 5, 6, 8, 15, 4]);
    const upper = r.below(12) === 0 ? this.authentication() : this.transport();
    const fragment = r.pick([0, 0, 0, 0x4000, 0x2000, 0x2001, 0x00b9, 0x1fff]);
    const bytes = [
      0x40 | words,
      r.below(256),
      ...u16(4 * words + upper.bytes.length),
      ...this.filler(2),
      ...u16(fragment),
      r.pick([1, 64, 255]),
      upper.protocol,
      ...u16(0),
      ...ip(r.pick(pools.ip)),
      ...ip(r.pick(pools.ip)),
      ...this.filler(Math.max(0, 4 * words - 20)),
      ...upper.bytes,
    ];
    return { type: 0x0800, bytes };
  }

  ipv6(): Payload {
    const { r } = this;
    let upper = r.below(12) === 0 ? this.authentication() : this.transport();
    for (let n = r.pick([0, 0, 0, 1, 1, 2, 3]); n > 0; n--) {
      const protocol = r.pick([0, 43, 44, 60]);
      const units = protocol === 44 ? 0 : r.pick([0, 0, 1]);
      const head = [upper.protocol, units, ...this.filler(6 + 8 * units)];
      upper = { protocol, bytes: [...head, ...upper.bytes] };
    }
    if (r.below(20) === 0) upper = { protocol: 59, bytes: [] };
    const bytes = [
      ...[0x60 | r.below(2), ...this.filler(3)],
      ...u16(upper.bytes.length),
      upper.protocol,
      64,
      ...ip6(r.pick(pools.ip6)),
      ...ip6(r.pick(pools.ip6)),
      ...upper.bytes,
    ];
    return { type: 0x86dd, bytes };
  }

  arp(): Payload {
    const { r } = this;
    const bytes = [
      ...[0, 1, 8, 0, 6, 4],
      ...u16(r.pick([1, 2, 3])),
      ...mac(r.pick(pools.mac)),
      ...ip(r.pick(pools.ip)),
      ...mac(r.pick(pools.mac)),
      ...ip(r.pick(pools.ip)),
    ];
    return { type: r.pick([0x0806, 0x0806, 0x8035]), bytes };
  }

  geneveOverIp(): Payload {
    const data = this.geneve();
    const version4 = this.r.below(2) === 0;
    const base = version4 ? this.ipv4() : this.ipv6();
    const words = 5 + this.r.pick([0, 2]);
    const head = version4
      ? [
          0x40 | words,
          ...base.bytes.slice(1, 6),
          0,
          0,
          64,
          17,
          ...base.bytes.slice(10, 20),
          ...this.filler(4 * words - 20),
        ]
      : [...base.bytes.slice(0, 6), 17, 64, ...base.bytes.slice(8, 40)];
    return { type: base.type, bytes: [...head, ...data] };
  }

  network(): Payload {
    return this.r.pick([() => this.ipv4(), () => this.ipv4(), () => this.ipv6(), () => this.arp()])();
  }

  tagged(inner: Payload): Payload {
    const { r } = this;
    const bytes = [...u16((r.below(8) << 13) | r.pick(pools.vlan)), ...u16(inner.type), ...inner.bytes];
    return { type: r.pick([0x8100, 0x8100, 0x88a8, 0x9100]), bytes };
  }

  labelled(): Payload {
    const { r } = this;
    const depth = r.pick([1, 1, 2, 3]);
    const inner = r.pick([() => this.ipv4(), () => this.ipv6()])();
    const labels = Array.from({ length: depth }, (_, i) =>
      u32(((r.pick(pools.label) << 12) | (i === depth - 1 ? 0x100 : 0) | 64) >>> 0),
    );
    return { type: 0x8847, bytes: [...labels.flat(), ...inner.bytes] };
  }

  pppoe(): Payload {
    const { r } = this;
    if (r.below(4) === 0) return { type: 0x8863, bytes: [0x11, 0x09, 0, 0, ...u16(4), ...this.filler(4)] };
    const inner = r.pick([() => this.ipv4(), () => this.ipv6()])();
    const type = inner.type === 0x0800 ? 0x21 : 0x57;
    const body =
      r.below(5) === 0 ? [...u16(0x281), ...this.labelled().bytes] : [...u16(type), ...inner.bytes];
    const session = r.pick(pools.session);
    return { type: 0x8864, bytes: [0x11, 0, ...u16(session), ...u16(body.length), ...body] };
  }

  /** Frames with a length instead of a type: LLC, SNAP, raw IPX. The bytes after the length. */
  llc(): Bytes {
    const { r } = this;
    return r.pick<() => Bytes>([
      () => [0x42, 0x42, 0x03, ...this.filler(35)],
      () => [
        0xf0,
        0xf0,
        r.pick([0x01, 0x02, 0x03, 0x05, 0x0f, 0x63, 0x6f, 0x87, 0xaf, 0xe3]),
        ...this.filler(20),
      ],
      () => [0xe0, 0xe0, 0x03, ...this.filler(30)],
      () => [0xff, 0xff, ...this.filler(28)],
      () => [
        0xfe,
        0xfe,
        0x03,
        r.pick([0x81, 0x82, 0x83]),
        ...this.filler(3),
        r.pick([15, 16, 17, 18, 20, 24, 25, 26, 27]),
        ...this.filler(20),
      ],
      () => [0x06, 0x06, 0x03, ...this.filler(20)],
      () => this.snap(this.network()),
      () => [0xaa, 0xaa, 0x03, 0x08, 0x00, 0x07, 0x80, 0x9b, ...this.filler(20)],
      () => [0xaa, 0xaa, 0x03, 0, 0, 0, ...u16(r.pick([0x8137, 0x80f3])), ...this.filler(20)],
    ])();
  }

  snap(payload: Payload): Bytes {
    return [0xaa, 0xaa, 0x03, 0, 0, 0, ...u16(payload.type), ...payload.bytes];
  }

  decnet(): Payload {
    const { r } = this;
    const address = () => r.pick<Bytes>([[0x02, 0x04], [0x03, 0x08], this.filler(2)]);
    const short = (pad: Bytes) => [
      ...this.filler(2),
      ...pad,
      0x02,
      ...address(),
      ...address(),
      0,
      ...this.filler(8),
    ];
    const long = (pad: Bytes) => [
      ...[...this.filler(2), ...pad, 0x06, 0, 0, ...this.filler(4), ...address(), 0, 0],
      ...[...this.filler(4), ...address(), ...this.filler(8)],
    ];
    return {
      type: 0x6003,
      bytes: r.pick([() => short([]), () => short([0x81]), () => long([]), () => long([0x81])])(),
    };
  }

  other(): Payload {
    return {
      type: this.r.pick([0x6001, 0x6002, 0x6004, 0x6007, 0x809b, 0x80f3, 0x8137, 0x88cc, 0x9000]),
      bytes: this.filler(40),
    };
  }

  ethernet(payload: Payload): Bytes {
    const { r } = this;
    return [...mac(r.pick(pools.mac)), ...mac(r.pick(pools.mac)), ...u16(payload.type), ...payload.bytes];
  }

  ethernetFrame(): Bytes {
    return this.weighted([
      [12, () => this.ethernet(this.network())],
      [4, () => this.ethernet(this.tagged(this.network()))],
      [2, () => this.ethernet(this.tagged(this.tagged(this.network())))],
      [2, () => this.ethernet(this.labelled())],
      [1, () => this.ethernet(this.tagged(this.labelled()))],
      [2, () => this.ethernet(this.pppoe())],
      [1, () => this.ethernet(this.tagged(this.pppoe()))],
      [2, () => this.ethernet(this.geneveOverIp())],
      [1, () => this.ethernet(this.decnet())],
      [1, () => this.ethernet(this.other())],
      [
        2,
        () => {
          const bytes = this.llc();
          return this.ethernet({ type: bytes.length, bytes });
        },
      ],
    ]);
  }

  wlanFrame(): Bytes {
    const { r } = this;
    const addresses = (n: number) => Array.from({ length: n }, () => mac(r.pick(pools.mac))).flat();
    return this.weighted([
      [
        2,
        () => [
          r.pick([0x00, 0x10, 0x40, 0x50, 0x80, 0xb0, 0xc0]),
          r.below(4),
          ...this.filler(2),
          ...addresses(3),
          ...this.filler(30),
        ],
      ],
      [
        2,
        () => [
          r.pick([0xa4, 0xb4, 0xc4, 0xd4, 0xe4, 0xf4]),
          r.below(4),
          ...this.filler(2),
          ...addresses(2),
          ...this.filler(10),
        ],
      ],
      [1, () => [0x0c, r.below(4), ...this.filler(40)]],
      [
        8,
        () => {
          const control = r.pick([0x08, 0x08, 0x18, 0x48, 0x88, 0x88, 0x98, 0xc8]);
          const qos = control & 0x80 ? this.filler(2) : [];
          const body =
            r.below(4) === 0
              ? this.llc()
              : this.snap(r.below(6) === 0 ? this.tagged(this.network()) : this.network());
          return [
            control,
            r.below(4),
            ...this.filler(2),
            ...addresses(3),
            ...this.filler(2),
            ...qos,
            ...body,
          ];
        },
      ],
    ]);
  }

  pppFrame(): Bytes {
    const { r } = this;
    const inner = r.pick([() => this.ipv4(), () => this.ipv6(), () => this.labelled(), () => this.other()])();
    const types = new Map([
      [0x0800, 0x21],
      [0x86dd, 0x57],
      [0x8847, 0x281],
    ]);
    const type = types.get(inner.type) ?? r.pick([0x23, 0x27, 0x29, 0x2b, 0x31, 0xc021, 0x0806]);
    return [0xff, 0x03, ...u16(type), ...inner.bytes];
  }

  sll(version: 1 | 2): Bytes {
    const { r } = this;
    const payload = r.pick([
      () => this.network(),
      () => this.network(),
      () => this.other(),
      () => this.decnet(),
    ])();
    const kind = r.below(5);
    const llc = r.below(6) === 0;
    const protocol = llc ? r.pick([1, 4]) : payload.type;
    const bytes = llc ? this.llc() : payload.bytes;
    const address = [...mac(r.pick(pools.mac)), 0, 0];
    return version === 1
      ? [...u16(kind), ...u16(1), ...u16(6), ...address, ...u16(protocol), ...bytes]
      : [...u16(protocol), 0, 0, ...u32(r.below(4)), ...u16(1), kind, 6, ...address, ...bytes];
  }

  loopback(isLittle: boolean): Bytes {
    const { r } = this;
    const payload = r.pick([() => this.ipv4(), () => this.ipv6()])();
    const family = payload.type === 0x0800 ? r.pick([2, 2, 2, 3]) : r.pick([10, 24, 28, 30]);
    const bytes = u32(family);
    return [...(isLittle !== (r.below(10) === 0) ? [...bytes].reverse() : bytes), ...payload.bytes];
  }

  frame(linktype: number): Bytes {
    const { r } = this;
    switch (linktype) {
      case LinkType.ethernet:
        return this.ethernetFrame();
      case LinkType.raw:
        return r.pick([() => this.ipv4(), () => this.ipv6(), () => this.geneveOverIp()])().bytes;
      case LinkType.ipv4:
        return r.below(10) === 0 ? this.ipv6().bytes : this.ipv4().bytes;
      case LinkType.ipv6:
        return r.below(10) === 0 ? this.ipv4().bytes : this.ipv6().bytes;
      case LinkType.linuxSll:
        return this.sll(1);
      case LinkType.linuxSll2:
        return this.sll(2);
      case LinkType.null:
        return this.loopback(true);
      case LinkType.loop:
        return this.loopback(false);
      case LinkType.ppp:
        return this.pppFrame();
      default:
        return this.wlanFrame();
    }
  }
}

/** Whole packets, and of some of them every so often a cut version; a few bytes of nothing too. */
export function packetsOf(linktype: number, count: number): TestPacket[] {
  const maker = new Maker(linktype + 1);
  const packets: TestPacket[] = [];
  while (packets.length < count) {
    const bytes = Uint8Array.from(maker.frame(linktype));
    packets.push({ bytes, length: bytes.length });
    if (maker.r.below(4) === 0) {
      const cut = bytes.slice(0, maker.r.below(bytes.length));
      packets.push({ bytes: cut, length: bytes.length });
    }
    if (maker.r.below(50) === 0) {
      const noise = Uint8Array.from(maker.filler(maker.r.below(64)));
      packets.push({ bytes: noise, length: noise.length });
    }
  }
  return packets.slice(0, count);
}
