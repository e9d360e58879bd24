import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '../testing/fixture.ts';
import { connectionFor, feed, type Options, play, type Step } from '../testing/play.ts';
import { dns } from './index.ts';
import { type MessageParts, message, name, opt, question, rr } from './testing/build.ts';

const udp: Options = { transport: 'udp', serverPort: 53 };
const tcp: Options = { transport: 'tcp', serverPort: 53 };

function talk(steps: readonly Step[], options: Options = udp) {
  const played = play(dns, steps, options);
  return { ...played, events: played.events.filter((e) => e !== 'confirmed') };
}
/** RFC 1035 section 4.2.2 */
const framed = (m: Uint8Array) => Uint8Array.from([m.length >> 8, m.length & 255, ...m]);
const joined = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((p) => [...p]));

const ask = (text: string, type = 1, more: MessageParts = {}) =>
  message({ questions: [question(text, type)], ...more });
const say = (text: string, data: readonly (readonly number[])[], type = 1, more: MessageParts = {}) =>
  message({
    flags: 0x8180,
    questions: [question(text, type)],
    answers: data.map((d) => rr(text, type, d)),
    ...more,
  });

test('a question and its answer', () => {
  const { exchanges, events } = talk([
    ['>', ask('a.example')],
    [
      '<',
      say('a.example', [
        [192, 0, 2, 1],
        [192, 0, 2, 2],
      ]),
    ],
  ]);
  assert.deepEqual(events, ['A a.example -> 192.0.2.1, 192.0.2.2']);
  const [e] = exchanges;
  assert.deepEqual(Object.fromEntries(Object.entries(e!.fields).filter(([, value]) => value !== undefined)), {
    'dns.qry.type': 'A',
    'dns.qry.name': 'a.example',
    'dns.result': '192.0.2.1, 192.0.2.2',
    'dns.flags.rcode': 'NOERROR',
    'dns.a': ['192.0.2.1', '192.0.2.2'],
    'dns.id': 1,
    'dns.time': 1e6,
  });
  assert.deepEqual([e!.startAt, e!.endAt, e!.outcome], [1e6, 2e6, 'ok']);
  assert.equal(e!.request!.startLine, 'QUERY a.example IN A');
  assert.deepEqual(e!.response!.headers, [
    ['answer', 'a.example 60 IN A 192.0.2.1'],
    ['answer', 'a.example 60 IN A 192.0.2.2'],
  ]);
});

test('answers come in any order; id and question tell, in any case', () => {
  const { events } = talk([
    ['>', ask('one.example', 1, { id: 5 })],
    ['>', ask('tWo.ExAmPlE', 28, { id: 5 })],
    ['>', ask('three.example', 1, { id: 6 })],
    ['<', say('three.example', [[1, 1, 1, 3]], 1, { id: 6 })],
    ['<', say('two.example', [], 28, { id: 5 })],
    ['<', say('one.example', [[1, 1, 1, 1]], 1, { id: 5 })],
  ]);
  assert.deepEqual(events, [
    'A three.example -> 1.1.1.3',
    'AAAA tWo.ExAmPlE -> no answer',
    'A one.example -> 1.1.1.1',
  ]);
});

test('errors: what kind, and when the question is left out', () => {
  const outcome = (rcode: number) => {
    const { exchanges } = talk([
      ['>', ask('x.example')],
      ['<', message({ flags: 0x8180 | rcode })],
    ]);
    const [e] = exchanges;
    return [e!.fields['dns.result'], e!.outcome, exchanges.length];
  };
  assert.deepEqual(outcome(3), ['NXDOMAIN', 'clientError', 1]);
  assert.deepEqual(outcome(2), ['SERVFAIL', 'serverError', 1]);
  assert.deepEqual(outcome(5), ['REFUSED', 'serverError', 1]);
  assert.deepEqual(outcome(1), ['FORMERR', 'clientError', 1]);
  assert.deepEqual(outcome(14), ['RCODE14', 'clientError', 1]);
});

test('asked again, answered again: one exchange each time it was asked anew', () => {
  const { exchanges, events } = talk([
    ['>', ask('a.example')],
    ['>', ask('a.example')],
    ['>', ask('a.example')],
    ['<', say('a.example', [[1, 2, 3, 4]])],
    ['<', say('a.example', [[1, 2, 3, 4]])],
  ]);
  assert.deepEqual(events, ['A a.example -> 1.2.3.4', 'weird dns_answer_repeated']);
  assert.equal(exchanges[0]!.fields['dns.retries'], 2);
});

test('a second answer that differs is told', () => {
  const { events } = talk([
    ['>', ask('bank.example')],
    ['<', say('bank.example', [[6, 6, 6, 6]])],
    ['<', say('bank.example', [[1, 2, 3, 4]])],
  ]);
  assert.deepEqual(events, [
    'A bank.example -> 6.6.6.6',
    'A bank.example -> 1.2.3.4 [noRequest] {dns_second_answer_differs}',
  ]);
});

test('nobody answers, nobody asked', () => {
  assert.deepEqual(talk([['>', ask('a.example')]]).events, ['A a.example -> ? [noResponse]']);
  assert.deepEqual(talk([['<', say('a.example', [[1, 2, 3, 4]])]]).events, [
    'A a.example -> 1.2.3.4 [noRequest]',
  ]);
});

test('a question that waits too long is told while the connection goes on', () => {
  const at = (seconds: number, bytes: Uint8Array): Event => ({
    kind: 'data',
    side: 'client',
    bytes,
    at: seconds * 1e9,
  });
  const events = [
    at(1, ask('old.example', 1, { id: 1 })),
    at(20, ask('young.example', 1, { id: 2 })),
    at(32, ask('new.example', 1, { id: 3 })),
    { kind: 'data', side: 'server', bytes: say('young.example', [[1, 1, 1, 1]], 1, { id: 2 }), at: 33e9 },
  ] as Event[];
  const { events: said } = feed(dns, { connection: connectionFor(udp), events });
  assert.deepEqual(said, ['confirmed', 'A old.example -> ? [noResponse]', 'A young.example -> 1.1.1.1']);
});

test('so many wait at most; the oldest is given up', () => {
  const { events } = talk(
    Array.from({ length: 300 }, (_, i): Step => ['>', ask(`n${i}.example`, 1, { id: i })]),
  );
  assert.equal(events.length, 300);
  assert.equal(events[0], 'A n0.example -> ? [noResponse]');
});

test('aliases: the addresses are of what was asked for, and of nothing else', () => {
  const alias = (from: string, to: string) => rr(from, 5, name(to));
  const { exchanges } = talk([
    ['>', ask('www.example')],
    [
      '<',
      say('www.example', [], 1, {
        answers: [
          // In any order.
          rr('end.example', 1, [192, 0, 2, 1]),
          alias('middle.example', 'END.example'),
          alias('www.example', 'middle.example'),
          rr('victim.example', 1, [6, 6, 6, 6]),
        ],
        additional: [rr('www.example', 1, [7, 7, 7, 7])],
      }),
    ],
  ]);
  assert.deepEqual(exchanges[0]!.fields['dns.a'], ['192.0.2.1']);
  assert.deepEqual(exchanges[0]!.fields['dns.cname'], ['END.example', 'middle.example']);
});

test('truncated over UDP; more records counted than there are', () => {
  const truncated = talk([
    ['>', ask('a.example')],
    ['<', say('a.example', [], 1, { flags: 0x8380 })],
  ]);
  assert.deepEqual(truncated.events, ['A a.example -> truncated, asks again over TCP']);
  const cut = talk([
    ['>', ask('a.example')],
    ['<', say('a.example', [[1, 2, 3, 4]], 1, { counts: [1, 3, 0, 0] })],
  ]);
  assert.deepEqual(cut.events, ['A a.example -> 1.2.3.4 [messageCut response]']);
});

test('EDNS: size, options, the upper bits of the code, extended errors', () => {
  const subnet = [0, 1, 24, 0, 192, 0, 2];
  const error = [0, 18, ...Buffer.from('not for you')];
  const { exchanges } = talk([
    [
      '>',
      ask('a.example', 1, {
        additional: [
          opt(
            [
              [8, subnet],
              [10, [1, 2, 3, 4, 5, 6, 7, 8]],
            ],
            0x8000,
          ),
        ],
      }),
    ],
    [
      '<',
      say('a.example', [], 1, {
        flags: 0x8180,
        additional: [
          opt(
            [
              [15, error],
              [3, [...Buffer.from('ns1')]],
            ],
            0,
            1,
          ),
        ],
      }),
    ],
  ]);
  const [e] = exchanges;
  assert.equal(e!.fields['dns.flags.rcode'], 'BADVERS');
  assert.deepEqual(e!.fields['dns.opt.ext_error'], ['18 Prohibited: not for you']);
  assert.equal(e!.fields['dns.opt.client'], '192.0.2.0/24');
  assert.equal(e!.fields['dns.edns.udp_size'], 1232);
  assert.deepEqual(e!.request!.headers, [['OPT', 'udp 1232, do, ECS 192.0.2.0/24, COOKIE 0102030405060708']]);
  assert.deepEqual(e!.response!.headers, [['OPT', 'udp 1232, EDE 18 Prohibited: not for you, NSID "ns1"']]);
  const six = talk([
    [
      '>',
      ask('a.example', 1, {
        additional: [
          opt([
            [8, [0, 2, 48, 0, 0x20, 1, 0xd, 0xb8, 0, 1]],
            [11, [0, 50]],
            [12, [0, 0]],
          ]),
        ],
      }),
    ],
  ]);
  assert.equal(
    six.exchanges[0]!.request!.headers[0]![1],
    'udp 1232, ECS 2001:db8:1::/48, KEEPALIVE 5 s, PADDING (2 bytes)',
  );
});

test('TCP: several in a segment, one in several', () => {
  const three = joined(...['one', 'two', 'three'].map((n, i) => framed(ask(`${n}.example`, 1, { id: i }))));
  const { events } = talk(
    [
      ['>', three.subarray(0, 40)],
      ['>', three.subarray(40)],
      [
        '<',
        joined(
          framed(say('two.example', [[2, 2, 2, 2]], 1, { id: 1 })),
          framed(say('one.example', [[1, 1, 1, 1]], 1, { id: 0 })),
        ),
      ],
    ],
    tcp,
  );
  assert.deepEqual(events, [
    'A two.example -> 2.2.2.2',
    'A one.example -> 1.1.1.1',
    'A three.example -> ? [noResponse]',
  ]);
});

test('TCP: behind a hole the next message that begins a segment is read', () => {
  const answer = framed(say('a.example', [[1, 1, 1, 1]]));
  const { events } = talk(
    [
      ['>', framed(ask('a.example'))],
      ['<', answer.subarray(0, 10)],
      ['<gap', 5],
      ['<', answer.subarray(15)],
      ['>', framed(ask('b.example', 1, { id: 2 }))],
      ['<', framed(say('b.example', [[2, 2, 2, 2]], 1, { id: 2 }))],
    ],
    tcp,
  );
  assert.deepEqual(events, [
    'A b.example -> 2.2.2.2 [bytesLost response 15]',
    'A a.example -> ? [noResponse]',
  ]);
});

test('TCP: joined in the middle', () => {
  const { events } = talk(
    [
      ['<', Uint8Array.of(1, 2, 3, 4, 5)],
      ['<', framed(say('a.example', [[1, 1, 1, 1]]))],
      ['>', framed(ask('b.example'))],
      ['<', framed(say('b.example', [[2, 2, 2, 2]]))],
    ],
    { ...tcp, joinedMidStream: true },
  );
  assert.deepEqual(events, ['A a.example -> 1.1.1.1 [joinedMidStream]', 'A b.example -> 2.2.2.2']);
});

test('a zone transfer is one exchange, whole or cut', () => {
  const soa = [...name('ns.example'), ...name('me.example'), ...new Array<number>(20).fill(0)];
  const part = (answers: Uint8Array[], questions = [question('example', 252)]) =>
    framed(message({ flags: 0x8480, questions, answers }));
  const first = part([rr('example', 6, soa), rr('a.example', 1, [1, 1, 1, 1])]);
  const steps: Step[] = [
    ['>', framed(ask('example', 252))],
    ['<', first],
    ['<', part([rr('b.example', 1, [2, 2, 2, 2])], [])],
  ];
  const whole = talk([...steps, ['<', part([rr('example', 6, soa)], [])]], tcp);
  assert.deepEqual(whole.events, ['AXFR example -> 4 records in 3 messages']);
  assert.ok(whole.exchanges[0]!.response!.wireBytes > first.length);
  assert.deepEqual(talk(steps, tcp).events, [
    'AXFR example -> 3 records in 2 messages [messageCut response]',
  ]);
  const refused = talk(
    [steps[0]!, ['<', framed(message({ flags: 0x8185, questions: [question('example', 252)] }))]],
    tcp,
  );
  assert.deepEqual(refused.events, ['AXFR example -> REFUSED']);
  const unchanged = talk(
    [
      ['>', framed(ask('example', 251))],
      [
        '<',
        framed(
          message({ flags: 0x8480, questions: [question('example', 251)], answers: [rr('example', 6, soa)] }),
        ),
      ],
    ],
    tcp,
  );
  assert.deepEqual(unchanged.events, ['IXFR example -> 1 record in 1 message']);
});

test('mDNS: asked of the group, announced to the group; nobody is missing', () => {
  const connection = (steps: Step[]) => {
    const played = play(dns, steps, { ...udp, serverPort: 5353, serverAddress: '224.0.0.251' });
    return [played.events.slice(1), played.exchanges.map((e) => e.outcome)];
  };
  assert.deepEqual(connection([['>', ask('_ipp._tcp.local', 12, { flags: 0 })]]), [
    ['PTR _ipp._tcp.local -> ?'],
    ['info'],
  ]);
  const announcement = message({
    id: 0,
    flags: 0x8400,
    answers: [rr('printer.local', 1, [192, 0, 2, 7], 0x8001), rr('other.local', 1, [192, 0, 2, 8], 0x8001)],
  });
  assert.deepEqual(connection([['>', announcement]]), [['A printer.local -> 192.0.2.7, 192.0.2.8'], ['ok']]);
});

test('questions that wait hold no more than the limit', () => {
  let most = 0;
  const large = (i: number) =>
    framed(
      ask(`q${i}.example`, 1, {
        id: i & 0xffff,
        additional: [rr('x', 16, new Array<number>(60_000).fill(0))],
      }),
    );
  const { exchanges } = talk(
    Array.from({ length: 50 }, (_, i): Step => ['>', large(i)]),
    {
      ...tcp,
      cut: 1460,
      watch: (analyzer) => {
        most = Math.max(most, analyzer.buffered());
      },
    },
  );
  assert.equal(exchanges.length, 50);
  assert.ok(most <= dns.bufferLimit, String(most));
});

test('other opcodes keep their names', () => {
  const { exchanges } = talk([
    [
      '>',
      message({
        flags: 0x2800,
        questions: [question('example', 6)],
        authority: [rr('a.example', 1, [1, 2, 3, 4])],
      }),
    ],
    ['<', message({ flags: 0xa800, questions: [question('example', 6)] })],
  ]);
  assert.equal(exchanges[0]!.fields['dns.opcode'], 'UPDATE');
  assert.equal(exchanges[0]!.request!.startLine, 'UPDATE example IN SOA');
});
