/** Every capture beside tshark, and the table of it. */
import { type Capture, captures } from './captures.ts';
import { differencesExplained, oddExplained } from './explained.ts';
import { count, differences, type Facts } from './facts.ts';
import { ours } from './ours.ts';
import { theirs } from './theirs.ts';

interface Row {
  readonly capture: string;
  /** Of each aspect: ours and theirs. */
  readonly counts: readonly string[];
  readonly lines: number;
  /** Numbers of explanations, from 1 -> lines they are for. */
  readonly argued: ReadonlyMap<number, number>;
}

interface Odd {
  readonly capture: string;
  readonly name: string;
  readonly expert: string;
  readonly why: string;
}

export interface Report {
  readonly rows: readonly Row[];
  readonly odd: readonly Odd[];
  /** Nobody has argued these. */
  readonly unexplained: readonly string[];
  /** Nobody needs these. */
  readonly stale: readonly string[];
}

/** How many tsharks at once: starting takes longer than reading. */
const atOnce = 2;

export async function compareAll(): Promise<Report> {
  const all = captures();
  const found: One[] = new Array(all.length);
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < all.length; i = next++) found[i] = await compareOne(all[i]!);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const used = new Set(found.flatMap((one) => [...one.used]));
  return {
    rows: found.map((one) => one.row),
    odd: found.flatMap((one) => one.odd),
    unexplained: found.flatMap((one) => one.unexplained),
    stale: [...differencesExplained, ...oddExplained].filter((e) => !used.has(e)).map((e) => e.why),
  };
}

interface One {
  readonly row: Row;
  readonly odd: readonly Odd[];
  readonly unexplained: readonly string[];
  readonly used: ReadonlySet<object>;
}

async function compareOne({ name, path, options }: Capture): Promise<One> {
  const [mine, tshark] = await Promise.all([ours(path), theirs(path, options)]);
  const used = new Set<object>();
  const unexplained: string[] = [];
  const argued = new Map<number, number>();
  for (const line of differences(mine.facts, tshark.facts)) {
    const at = differencesExplained.findIndex((e) => e.capture.test(name) && e.line.test(line));
    if (at < 0) unexplained.push(`${name}: ${line}`);
    else {
      used.add(differencesExplained[at]!);
      argued.set(at + 1, (argued.get(at + 1) ?? 0) + 1);
    }
  }
  const odd: Odd[] = [];
  for (const what of mine.weirds.keys()) {
    const explanation = oddExplained.find(({ capture, odd }) => capture.test(name) && odd.test(what));
    const told = [...tshark.experts.keys()].find((text) => explanation?.expert?.test(text));
    if (!explanation) unexplained.push(`${name}: we find odd: ${what}`);
    else if (explanation.expert && told === undefined)
      unexplained.push(`${name}: we find odd, tshark does not: ${what}`);
    else {
      used.add(explanation);
      odd.push({ capture: name, name: what, expert: told ?? '', why: explanation.why });
    }
  }
  const lines = [...tshark.facts.keys()].reduce((n, aspect) => n + count(tshark.facts, aspect), 0);
  return {
    row: { capture: name, counts: countsOf(mine.facts, tshark.facts), lines, argued },
    odd,
    unexplained,
    used,
  };
}

const order = [
  ...['http request', 'http response', 'http pair', 'http2 header', 'http2 data', 'http2 end'],
  ...['grpc message', 'grpc status', 'websocket message', 'websocket text', 'dns question', 'dns answer'],
  ...['hello', 'hello name', 'hello alpn', 'hello cipher', 'hello ja3', 'hello ja3s', 'hello alert'],
  ...['hello certificates', 'hello serial', 'hello connection ids'],
];

function countsOf(mine: Facts, theirs: Facts): string[] {
  const streams = [mine, theirs].map((facts) => facts.get('http2 header')?.size ?? 0);
  const counts = order.flatMap((aspect) => {
    const [a, b] = [count(mine, aspect), count(theirs, aspect)];
    return a + b === 0 ? [] : [`${aspect} ${a === b ? a : `${a} : ${b}`}`];
  });
  const [a, b] = streams;
  return a! + b! === 0 ? counts : [`http2 stream, one way ${a === b ? a : `${a} : ${b}`}`, ...counts];
}

export function rowText({ capture, counts, lines, argued }: Row): string {
  const differing = [...argued].map(([number, n]) => `${n} (${number})`).join(', ');
  return `| ${capture} | ${counts.join(', ') || 'nothing of these'} | ${lines} | ${differing || '-'} |`;
}

/** @param version of tshark */
export function render({ rows, odd }: Report, version: string): string {
  const table = (of: readonly Row[]) => [
    '| capture | found by both (ours : tshark where they differ) | lines compared | differences (why) |',
    '| --- | --- | --- | --- |',
    ...of.map(rowText),
  ];
  const known = rows.filter(({ capture }) => capture.startsWith('public/'));
  const own = rows.filter((row) => !known.includes(row));
  const sum = (of: readonly Row[]) => of.reduce((n, { lines }) => n + lines, 0);
  const differing = rows.reduce((n, { argued }) => n + [...argued.values()].reduce((a, b) => a + b, 0), 0);
  return [
    '# Beside tshark',
    '',
    `Made by \`scripts/conformance.ts\` with tshark ${version}; \`test/differential/conformance.test.ts\` holds it`,
    'against the code. What is compared: methods, targets, codes and pairs of HTTP/1; header lists, lengths of data',
    'and ends of the streams of HTTP/2; messages and statuses of gRPC; opcodes, codes and texts of WebSocket; ids,',
    'names, codes and addresses of DNS; names, ALPN, cipher suites, JA3, JA3S, alerts, certificates and connection',
    'ids of TLS, DTLS and QUIC. JA4, which this tshark does not have, is held against published values in the unit',
    'tests. tshark reads no server-sent events, GraphQL, JSON-RPC or Connect: of those captures HTTP is compared, and',
    'the rest with what the programs were given to say (`make.ts` of each folder).',
    '',
    `${rows.length} captures, ${sum(rows)} lines of tshark's; ${differing} lines differ, each for a reason below.`,
    '',
    `## Recordings of our own: ${own.length}`,
    '',
    ...table(own),
    '',
    `## Public captures: ${known.length}`,
    '',
    'From the tests of ntop/nDPI; not part of this project.',
    '',
    ...table(known),
    '',
    '## Why they differ',
    '',
    ...differencesExplained.map(({ why }, i) => `${i + 1}. ${why}`),
    '',
    '## What we find odd',
    '',
    'All of it, with what the expert system of tshark says of the same capture.',
    '',
    '| capture | ours | tshark | why |',
    '| --- | --- | --- | --- |',
    ...odd.map(({ capture, name, expert, why }) => `| ${capture} | ${name} | ${expert || '-'} | ${why} |`),
    '',
  ].join('\n');
}
