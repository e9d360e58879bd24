import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ConversationSummary, Exchange, Sink, SourceCounters } from '../model/index.ts';
import { TcpFlag } from '../model/index.ts';
import { message, question, rr } from '../protocols/dns/testing/build.ts';
import { inners, protocols } from '../protocols/registry.ts';
import { transports } from '../protocols/transport/index.ts';
import {
  type Endpoints,
  ethernet,
  frame,
  icmpError,
  ip,
  type Segment,
  tcp,
  udp,
  vlan,
} from '../wire/testing/build.ts';
import { createPipeline } from './index.ts';

const { syn, ack, fin, rst } = TcpFlag;
const counters: SourceCounters = {
  captured: 0,
  received: 0,
  dropped: 0,
  freezes: 0,
  snaplenCut: 0,
  duplicates: 0,
};
const client: Endpoints = { src: [10, 0, 0, 1], dst: [10, 0, 0, 2], srcPort: 40_000, dstPort: 9999 };
const back = ({ src, dst, srcPort, dstPort }: Endpoints): Endpoints => ({
  src: dst,
  dst: src,
  srcPort: dstPort,
  dstPort: srcPort,
});
const server = back(client);
const router: Endpoints = { ...server, src: [10, 0, 0, 9] };

function start() {
  const exchanges: Exchange[] = [];
  const conversations: ConversationSummary[] = [];
  const pending: Exchange[] = [];
  const sink: Sink = {
    opened: (e) => void (e.protocol === 'tcp' && pending.push(e)),
    exchange: (e) => void exchanges.push(e),
    conversation: (c) => void conversations.push(c),
  };
  const pipeline = createPipeline({ protocols, inners, sinks: [sink], bodyLimit: 65_536 });
  let now = 0;
  const send = (bytes: readonly number[]) => pipeline.frame(frame(bytes, now));
  return {
    exchanges,
    conversations,
    pending,
    pipeline,
    send,
    /** Seconds later. */
    wait(seconds: number) {
      now += seconds * 1e9;
    },
    segment(ends: Endpoints, s: Segment) {
      now += 1e6;
      send(ethernet(ip(ends, 6, tcp(ends, s))));
    },
    datagram(ends: Endpoints, payload: string | Uint8Array) {
      now += 1e6;
      send(ethernet(ip(ends, 17, udp(ends, payload))));
    },
    /** After some time in which nothing came. */
    async lines(seconds = 0) {
      now += seconds * 1e9;
      pipeline.tick(1_700_000_000 + Math.floor(now / 1e9), now % 1e9);
      await pipeline.finish(counters);
      return [
        ...exchanges.map((e) =>
          `${e.protocol} ${e.outcome}: ${e.error?.text ?? String(e.fields['tcp.result'] ?? '')}`.trim(),
        ),
        ...conversations.map((c) => `conversation ${c.ended}`),
      ];
    },
  };
}

type Run = ReturnType<typeof start>;

/** A connection after its handshake. */
function connect(p: Run, ends = client) {
  const other = back(ends);
  const seq = { client: 101, server: 501 };
  p.segment(ends, { seq: 100, flags: syn });
  p.segment(other, { seq: 500, ack: 101, flags: syn | ack });
  p.segment(ends, { seq: 101, ack: 501, flags: ack });
  const from =
    (side: 'client' | 'server') =>
    (payload: string, flags: number = ack) => {
      const peer = side === 'client' ? 'server' : 'client';
      p.segment(side === 'client' ? ends : other, { seq: seq[side], ack: seq[peer], flags, payload });
      seq[side] += payload.length + (flags & fin ? 1 : 0);
    };
  return { client: from('client'), server: from('server') };
}

const get = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n';
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const halfOk = 'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nok';

describe('TCP that does not come to be', () => {
  test('refused', async () => {
    const p = start();
    p.segment(client, { seq: 100, flags: syn });
    p.segment(server, { seq: 0, ack: 101, flags: rst | ack });
    assert.equal(p.exchanges.length, 1, 'at once');
    const { fields, connection } = p.exchanges[0]!;
    assert.deepEqual(
      [fields['tcp.phase'], fields['tcp.flags.reset'], fields['tcp.reset_by'], fields['tcp.syns']],
      ['connect', true, 'server', 1],
    );
    assert.equal(connection.server.port, 9999);
    assert.deepEqual(await p.lines(60), ['tcp failed: connection refused']);
  });

  test('never answered: soon told as under way, then once when nobody tries any more', async () => {
    const p = start();
    for (const [i, wait] of [0, 1, 2, 4].entries()) {
      p.wait(wait);
      p.segment(client, { seq: 100, flags: syn });
      assert.equal(p.pending.length, i < 2 ? 0 : 1);
    }
    assert.match(p.pending[0]!.error!.text, /^no answer to 3 SYNs in 3\.0 s so far$/);
    p.wait(20);
    p.pipeline.tick(1_700_000_027, 0);
    assert.equal(p.exchanges.length, 0, 'the fifth may still come');
    assert.deepEqual(await p.lines(30), ['tcp unanswered: no answer to 4 SYNs in 7.0 s']);
    assert.equal(p.exchanges[0]!.startAt, p.pending[0]!.startAt);
    assert.equal(p.exchanges[0]!.fields['tcp.syns'], 4);
  });

  test('answered after all', async () => {
    const p = start();
    for (const wait of [0, 1, 2]) {
      p.wait(wait);
      p.segment(client, { seq: 100, flags: syn });
    }
    p.segment(server, { seq: 500, ack: 101, flags: syn | ack });
    p.segment(client, { seq: 101, ack: 501, flags: fin | ack });
    p.segment(server, { seq: 501, ack: 102, flags: fin | ack });
    assert.deepEqual(await p.lines(), ['tcp info: connected after 3 SYNs', 'conversation fin']);
  });

  test('a SYN at the very end of a capture is no failure, one that had its time is', async () => {
    const sent = async (seconds: number) => {
      const p = start();
      p.segment(client, { seq: 100, flags: syn });
      return p.lines(seconds);
    };
    assert.deepEqual(await sent(0.2), ['conversation captureEnd']);
    assert.deepEqual(await sent(2), ['tcp unanswered: no answer to 1 SYN']);
  });

  test('half open: the answer is not taken', async () => {
    const p = start();
    p.segment(client, { seq: 100, flags: syn });
    for (const wait of [0, 1, 2]) {
      p.wait(wait);
      p.segment(server, { seq: 500, ack: 101, flags: syn | ack });
    }
    assert.deepEqual(await p.lines(30), ['tcp unanswered: handshake not finished: 3 SYN-ACKs not taken']);
  });

  for (const [type, code, text, rest] of [
    [3, 1, 'host unreachable', 0],
    [3, 13, 'communication administratively prohibited', 0],
    [3, 3, 'port unreachable', 0],
    [11, 0, 'time to live exceeded in transit', 0],
    [12, 0, 'parameter problem', 0],
  ] as const)
    test(`ICMP: ${text}`, async () => {
      const p = start();
      const packet = ip(client, 6, tcp(client, { seq: 100, flags: syn }));
      p.segment(client, { seq: 100, flags: syn });
      p.send(vlan(7, ip(router, 1, icmpError(type, code, packet, { rest, quoted: 28 }))));
      assert.equal(p.exchanges.length, 1, 'at once');
      p.wait(1);
      p.segment(client, { seq: 100, flags: syn });
      assert.deepEqual(await p.lines(60), [`tcp failed: ${text} from 10.0.0.9`]);
      const { fields } = p.exchanges[0]!;
      assert.deepEqual(
        [fields['icmp.type'], fields['icmp.code'], fields['icmp.from']],
        [type, code, '10.0.0.9'],
      );
    });

  test('ICMPv6, and what is answered nevertheless is a connection', async () => {
    const six = (last: number) => [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
    const ends: Endpoints = { src: six(1), dst: six(2), srcPort: 40_000, dstPort: 80 };
    const p = start();
    const packet = ip(ends, 6, tcp(ends, { seq: 100, flags: syn }));
    p.send(ethernet(packet));
    p.send(ethernet(ip({ ...back(ends), src: six(9) }, 58, icmpError(1, 3, packet))));
    p.segment(back(ends), { seq: 500, ack: 101, flags: syn | ack });
    p.segment(ends, { seq: 101, ack: 501, flags: ack, payload: get });
    p.segment(back(ends), { seq: 501, ack: 101 + get.length, flags: ack, payload: ok });
    assert.deepEqual(await p.lines(), ['tcp failed: address unreachable from 2001:db8::9', 'http ok:']);
  });

  test('a forged ICMP error, and one about nobody, change nothing', async () => {
    const p = start();
    p.segment(client, { seq: 100, flags: syn });
    const about = (ends: Endpoints, seq: number) =>
      p.send(ethernet(ip(router, 1, icmpError(3, 1, ip(ends, 6, tcp(ends, { seq, flags: syn }))))));
    about(client, 7777);
    about({ ...client, srcPort: 40_001 }, 100);
    about(server, 100);
    assert.equal(p.exchanges.length, 0);
    assert.deepEqual(await p.lines(), ['conversation captureEnd']);
  });
});

describe('TCP that ends before its time', () => {
  test('reset by the server', async () => {
    const p = start();
    const c = connect(p);
    c.client('\x01question');
    c.server('\x02part', ack);
    c.server('', rst | ack);
    assert.deepEqual(await p.lines(), ['tcp failed: reset by server after 9 B up, 5 B down']);
    const { request, response } = p.exchanges[0]!;
    assert.deepEqual([request?.wireBytes, response?.wireBytes], [9, 5]);
    assert.equal(Buffer.from(response!.body!.bytes).toString(), '\x02part');
  });

  test('reset by the client: while something is on its way to it, or it waits', async () => {
    const p = start();
    const c = connect(p);
    c.client('\x01question');
    c.client('', rst | ack);
    assert.deepEqual(await p.lines(), ['tcp failed: reset by client after 9 B up, 0 B down']);
  });

  test('no failures: a client resets what it has read to the end, behind a FIN, or before a word', async () => {
    const p = start();
    const read = connect(p);
    read.client('\x01question');
    read.server('\x02answer');
    read.client('', ack);
    read.client('', rst | ack);
    const closed = connect(p, { ...client, srcPort: 40_001 });
    closed.client('\x01question', fin | ack);
    closed.server('\x02answer');
    closed.client('', rst);
    const probe = connect(p, { ...client, srcPort: 40_002 });
    probe.client('', rst);
    assert.deepEqual(await p.lines(), Array(3).fill('conversation rst'));
  });

  test('an exchange under way has the reason, one that is over has not', async () => {
    const p = start();
    const c = connect(p, { ...client, dstPort: 80 });
    c.client(get);
    c.server(ok);
    c.client(get);
    c.server(halfOk);
    c.server('', rst | ack);
    const d = connect(p, { ...client, srcPort: 40_001, dstPort: 80 });
    d.client(get);
    d.server('', rst | ack);
    const e = connect(p, { ...client, srcPort: 40_002, dstPort: 80 });
    e.client(get);
    e.server(ok);
    e.client('', rst | ack);
    assert.deepEqual(await p.lines(), [
      'http ok:',
      `http failed: reset by server in the middle of the response after ${halfOk.length} B`,
      'http failed: reset by server without an answer',
      'http ok:',
    ]);
    assert.deepEqual(
      p.exchanges.map((x) => x.fields['tcp.reset_by']),
      [undefined, 'server', 'server', undefined],
    );
  });

  test('closed by the server without an answer, or in the middle of it', async () => {
    const p = start();
    const c = connect(p, { ...client, dstPort: 80 });
    c.client(get);
    c.server('', fin | ack);
    const d = connect(p, { ...client, srcPort: 40_001, dstPort: 80 });
    d.client(get);
    d.server(halfOk, fin | ack);
    const e = connect(p, { ...client, srcPort: 40_002 });
    e.client('\x01question');
    e.server('', fin | ack);
    e.client('', fin | ack);
    assert.deepEqual((await p.lines()).sort(), [
      'http failed: closed by server in the middle of the response',
      'http unanswered: closed by server without an answer',
      'tcp unanswered: closed by server without an answer to 9 bytes',
    ]);
  });

  test('a status code says more than what was cut off behind it', async () => {
    const p = start();
    const c = connect(p, { ...client, dstPort: 80 });
    c.client('POST / HTTP/1.1\r\nContent-Length: 9999\r\n\r\nabc');
    c.server('HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n');
    c.server('', rst | ack);
    assert.deepEqual(await p.lines(), ['http clientError: reset by server in the middle of the request']);
  });

  test('lost in the capture is not lost on the way', async () => {
    const p = start();
    const c = connect(p, { ...client, dstPort: 80 });
    c.client(get);
    // The answer was not captured: the RST is behind it.
    p.segment({ ...client, dstPort: 80 }, { seq: 101 + get.length, ack: 501 + 300, flags: rst | ack });
    assert.deepEqual(await p.lines(), ['http unanswered:']);
  });
});

describe('TCP that says nothing', () => {
  test('asked and not answered until the capture ends; no time, no verdict', async () => {
    const asked = async (seconds: number) => {
      const p = start();
      connect(p).client('\x01question');
      return p.lines(seconds);
    };
    assert.deepEqual(await asked(0.5), ['conversation captureEnd']);
    assert.deepEqual(await asked(5), ['tcp unanswered: no answer to 9 bytes in 5.0 s']);
  });

  test('one way, and closed in order, is no question', async () => {
    const p = start();
    const c = connect(p);
    c.client('\x01log line');
    c.client('', fin | ack);
    c.server('', fin | ack);
    const d = connect(p, { ...client, srcPort: 40_001 });
    for (let i = 0; i < 20; i++) d.client('\x01log line');
    assert.deepEqual(await p.lines(5), ['conversation fin', 'conversation captureEnd']);
  });

  test('sent again and never acknowledged', async () => {
    const p = start();
    connect(p);
    for (let i = 0; i < 4; i++) {
      p.wait(1);
      p.segment(client, { seq: 101, ack: 501, flags: ack, payload: '\x01question' });
    }
    assert.deepEqual(await p.lines(5), ['tcp unanswered: no acknowledgement, sent again 3 times']);
  });

  test('nobody speaks: a probe is closed at once, a pool keeps what it may need', async () => {
    const p = start();
    const probe = connect(p);
    probe.client('', fin | ack);
    probe.server('', fin | ack);
    connect(p, { ...client, srcPort: 40_001 });
    const silent = connect(p, { ...client, srcPort: 40_002 });
    p.wait(10);
    silent.client('', fin | ack);
    silent.server('', fin | ack);
    assert.deepEqual(await p.lines(5), [
      'tcp unanswered: nothing sent in 10 s, closed by client',
      'conversation fin',
      'conversation captureEnd',
    ]);
  });

  test('an idle connection that has been used is none', async () => {
    const p = start();
    const c = connect(p, { ...client, dstPort: 80 });
    c.client(get);
    c.server(ok);
    assert.deepEqual(await p.lines(9000), ['http ok:']);
  });
});

describe('UDP', () => {
  const dns = { ...client, dstPort: 53 };
  const asked = message({ questions: [question('a.example', 1)] });
  const answer = message({
    flags: 0x8180,
    questions: [question('a.example', 1)],
    answers: [rr('a.example', 1, [1, 2, 3, 4])],
  });
  const unreachable = (ends: Endpoints, payload: Uint8Array | string, from = back(ends)) =>
    ethernet(ip(from, 1, icmpError(3, 3, ip(ends, 17, udp(ends, payload)), { quoted: 28 })));

  test('a closed port: the question under way has the reason, at once', async () => {
    const p = start();
    p.datagram(dns, asked);
    p.send(unreachable(dns, asked));
    assert.equal(p.exchanges.length, 1);
    p.wait(5);
    p.datagram(dns, asked);
    p.datagram(back(dns), answer);
    assert.deepEqual(await p.lines(), ['dns failed: port unreachable from 10.0.0.2', 'dns ok:']);
    assert.equal(p.exchanges[0]!.fields['icmp.type'], 3);
  });

  test('of no known protocol', async () => {
    const p = start();
    p.datagram(client, 'hello');
    p.send(unreachable(client, 'hello'));
    assert.deepEqual(await p.lines(), ['udp failed: port unreachable from 10.0.0.2']);
    assert.equal(p.exchanges[0]!.fields['udp.datagrams'], 1);
  });

  test('an answer that comes too late for who asked is no failure of the server', async () => {
    const p = start();
    p.datagram(dns, asked);
    p.datagram(back(dns), answer);
    p.send(unreachable(back(dns), answer));
    assert.deepEqual(await p.lines(), ['dns ok:']);
  });

  test('asked again and again; what goes one way or to everybody waits for nothing', async () => {
    const p = start();
    for (let i = 0; i < 3; i++) {
      p.datagram(client, 'same as before');
      p.datagram({ ...client, srcPort: 40_001 }, 'a log line '.repeat(i + 1));
      p.datagram({ ...client, srcPort: 40_002, dst: [239, 1, 2, 3] }, 'hello all');
      p.wait(1);
    }
    assert.deepEqual((await p.lines(60)).sort(), [
      'conversation idle',
      'conversation idle',
      'udp unanswered: no answer to 3 datagrams in 2.0 s',
    ]);
  });
});

test('a packet too big is told with the exchange it hit, and fails nothing', async () => {
  const p = start();
  const web = { ...client, dstPort: 80 };
  const c = connect(p, web);
  c.client(get);
  const large = ip(web, 6, tcp(web, { seq: 101, ack: 501, flags: ack, payload: get }));
  p.send(ethernet(ip(router, 1, icmpError(3, 4, large, { rest: 1400, quoted: 28 }))));
  c.server(ok);
  c.client(get);
  c.server(ok);
  assert.deepEqual(await p.lines(), ['http ok:', 'http ok:']);
  assert.deepEqual(
    p.exchanges.map((e) => e.fields['icmp.mtu']),
    [1400, undefined],
  );
  assert.equal(p.exchanges[0]!.fields['icmp.error'], 'fragmentation needed (MTU 1400) from 10.0.0.9');
});

test('what nobody claims shows what it began with', async () => {
  const p = start();
  const c = connect(p);
  c.client('\x01hello');
  c.server(`\x02${'x'.repeat(100)}`);
  c.client(' again');
  c.client('', fin | ack);
  c.server('', fin | ack);
  await p.lines();
  const [{ clientStart, serverStart }] = p.conversations as [ConversationSummary];
  assert.equal(Buffer.from(clientStart!).toString(), '\x01hello again');
  assert.equal(serverStart!.length, 64);
});

test('a scan of many ports takes as much memory as there may be connections, and each port is told once', async () => {
  const told: Exchange[] = [];
  const limits = { connections: 100 };
  const { defaultLimits } = await import('../stream/index.ts');
  const pipeline = createPipeline({
    protocols,
    sinks: [{ exchange: (e) => void told.push(e) }],
    bodyLimit: 0,
    limits: { ...defaultLimits, ...limits },
  });
  for (let port = 1; port <= 5000; port++) {
    const ends = { ...client, dstPort: port };
    pipeline.frame(frame(ethernet(ip(ends, 6, tcp(ends, { seq: 1, flags: syn }))), port * 1e6));
    pipeline.frame(
      frame(ethernet(ip(back(ends), 6, tcp(back(ends), { seq: 0, ack: 2, flags: rst | ack }))), port * 1e6),
    );
  }
  await pipeline.finish(counters);
  assert.equal(told.length, 5000);
  assert.equal(new Set(told.map((e) => e.connection.server.port)).size, 5000);
  assert.ok(told.every((e) => e.error?.kind === 'connection refused'));
});

test('every field that comes is declared', async () => {
  const declared = new Set(transports.flatMap(({ fields }) => fields.map(({ name }) => name)));
  const p = start();
  p.segment(client, { seq: 100, flags: syn });
  p.send(
    ethernet(
      ip(router, 1, icmpError(3, 4, ip(client, 6, tcp(client, { seq: 100, flags: syn })), { rest: 1400 })),
    ),
  );
  p.segment(client, { seq: 100, flags: syn });
  p.segment(server, { seq: 0, ack: 101, flags: rst | ack });
  p.datagram(client, 'x');
  p.send(ethernet(ip(server, 1, icmpError(3, 3, ip(client, 17, udp(client, 'x'))))));
  await p.lines();
  const names = p.exchanges.flatMap(({ fields }) => Object.keys(fields));
  assert.ok(names.length > 10);
  for (const name of names) assert.ok(declared.has(name), name);
});
