/** A desk for tests of the face: what it shows is given row by row. Queries are `contains` texts of the subject. */
import type { Desk, Detail, List, Row, Wanted } from '../../view/ports.ts';

export interface TestDesk extends Desk {
  add(...rows: Partial<Row>[]): void;
  /** Lets go of the first so many. */
  forget(count: number): void;
  readonly saved: string[];
}

const base = Date.UTC(2026, 0, 2, 3, 4, 5);

export function rowOf(id: number, given: Partial<Row> = {}): Row {
  return {
    id,
    at: base + id * 10,
    durationNs: 1_500_000,
    kind: 'exchange',
    protocol: 'http',
    outcome: 'ok',
    target: 'web',
    client: '10.0.0.1:40000',
    server: '10.0.0.2:80',
    operation: 'GET',
    subject: `/item/${id}`,
    result: '200 OK',
    requestBytes: 80,
    responseBytes: 1200,
    isIncomplete: false,
    isMarked: false,
    extra: [],
    ...given,
  };
}

export function testDesk(): TestDesk {
  let rows: Row[] = [];
  let seen = 0;
  const saved: string[] = [];

  function list(wanted: Wanted): List {
    const all = () => {
      const found = rows.filter(
        (row) => row.subject.includes(wanted.query) && (!wanted.marked || row.isMarked),
      );
      const { order } = wanted;
      if (!order) return found;
      const key = order.column as 'subject';
      const sorted = [...found].sort((a, b) => (a[key] < b[key] ? -1 : 1));
      return order.descending ? sorted.reverse() : sorted;
    };
    return {
      state: () => ({ revision: seen, length: all().length, examined: rows.length }),
      rows: (from, count) => all().slice(from, from + count),
      position(id) {
        const found = all();
        const at = found.findIndex((row) => row.id === id);
        return at >= 0 ? at : found.findIndex((row) => row.id > id);
      },
      find(text, from, backwards) {
        const found = all();
        for (let at = from; at >= 0 && at < found.length; at += backwards ? -1 : 1)
          if (found[at]!.subject.includes(text)) return at;
        return -1;
      },
      close() {},
    };
  }

  const detail = (id: number): Detail | undefined => {
    const row = rows.find((one) => one.id === id);
    if (!row) return undefined;
    const text = '{\n  "name": "é",\n  "n": [1, true]\n}';
    return {
      row,
      title: `${row.operation} ${row.subject}`,
      sections: [
        {
          side: 'request',
          title: 'Request',
          startLine: `${row.operation} ${row.subject} HTTP/1.1`,
          facts: [],
          headers: [{ label: 'Host', value: 'web.example', query: 'web.example' }],
          trailers: [],
        },
        {
          side: 'response',
          title: 'Response',
          startLine: `HTTP/1.1 ${row.result}`,
          facts: [{ label: 'status', value: '200', query: `/item/${id}` }],
          headers: [],
          trailers: [],
          body: {
            contentType: 'application/json',
            viewer: 'json',
            text,
            bytes: Buffer.from(text),
            totalLength: 36,
            isWhole: true,
            encodings: [],
          },
        },
      ],
      timing: { connectNs: 1e5, sendNs: 1e5, waitNs: 1e6, receiveNs: 3e5, totalNs: 15e5 },
      connection: [{ label: 'client', value: row.client, query: '' }],
      missing: [],
      copies: ['curl', 'json'],
    };
  };

  return {
    sink: {},
    saved,
    add(...given) {
      for (const one of given) rows.push(rowOf(++seen, one));
    },
    forget(count) {
      rows = rows.slice(count);
    },
    turn() {},
    state: () => ({
      held: rows.length,
      seen,
      let: seen - rows.length,
      bytes: rows.length * 2000,
      limits: { entries: 1000, bytes: 1e9, packetBytes: 1e9 },
      shed: 0,
      losses: [],
      notes: [],
      rates: [{ target: 'web', perSecond: 12, bytesPerSecond: 2048 }],
      isLive: true,
    }),
    columns: () => [
      { name: 'subject', label: 'subject', description: 'what', align: 'left' },
      { name: 'duration', label: 'took', description: 'how long', align: 'right' },
    ],
    list,
    check: (query) =>
      query === ''
        ? { state: 'empty', message: '', from: 0, to: 0 }
        : query.includes('!')
          ? { state: 'wrong', message: 'no such thing', from: query.indexOf('!'), to: query.length }
          : { state: 'valid', message: '', from: 0, to: 0 },
    complete: (query, cursor) =>
      ['item.first', 'item.second', 'other']
        .filter((text) => text.startsWith(query) && text !== query)
        .map((text) => ({ text, description: `the ${text}`, from: 0, to: cursor })),
    detail,
    mark(id, isMarked) {
      rows = rows.map((row) => (row.id === id ? { ...row, isMarked } : row));
    },
    packets: (id) => ({
      missing: '',
      rows: [
        {
          number: id * 2,
          at: base + id * 10,
          from: 'client',
          length: 66,
          text: 'IP a > b: Flags [S]',
          bytes: Buffer.from('packet'),
        },
      ],
    }),
    stream: () => ({
      missing: '',
      pieces: [
        { side: 'client', at: base, bytes: Buffer.from('GET /é HTTP/1.1\r\n\x1b[2J'), gap: 0 },
        { side: 'server', at: base + 5, bytes: Buffer.from('HTTP/1.1 200 OK\r\n'), gap: 12 },
      ],
    }),
    copy: (id, as) => (as === 'json' ? `{"id":${id}}` : `${as} of ${id}`),
    save(which, as) {
      saved.push(`${JSON.stringify(which)} ${as}`);
      return {
        bytes: Buffer.from('saved'),
        mediaType: 'text/plain',
        fileName: `porthole.${as}`,
        missing: [],
      };
    },
    statistics: (query, bins) => ({
      total: { key: '', query, count: rows.length, errors: 1, bytes: 5000, p50Ns: 1e6, p99Ns: 9e6 },
      series: {
        fromMs: base,
        binMs: 1000,
        entries: Array.from({ length: bins }, (_, i) => i),
        errors: Array.from({ length: bins }, () => 0),
        bytes: Array.from({ length: bins }, (_, i) => i * 100),
        p50: Array.from({ length: bins }, () => Number.NaN),
        p95: Array.from({ length: bins }, () => Number.NaN),
        p99: Array.from({ length: bins }, () => 2e6),
        heat: Array.from({ length: bins }, (_, i) => [i, 1, 0]),
        edgesNs: [1e6, 2e6, 4e6],
      },
      byProtocol: [{ key: 'http', query: 'item', count: 3, errors: 1, bytes: 5000, p50Ns: 1e6, p99Ns: 9e6 }],
      byOperation: [],
      byPeer: [],
      byError: [],
    }),
    map: () => ({ nodes: [], edges: [], more: 0 }),
    clear() {
      rows = [];
    },
  };
}
