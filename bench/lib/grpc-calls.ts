/** Calls over HTTP/2 as we and as tshark tell them, in the same lines: for test/support/grpc-capture.ts. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { statusCodes } from '../../src/protocols/grpc/status.ts';

const port = 50_051;
const FrameType = { data: 0, headers: 1 };
const fields = [
  ...['tcp.stream', 'tcp.dstport', 'http2.streamid', 'http2.type', 'http2.flags.end_stream'],
  ...['http2.headers.method', 'http2.headers.path', 'http2.headers.status'],
  // It has no name of its own there: among all headers.
  ...['http2.header.name', 'http2.header.value', 'grpc.message_length'],
];
/** Between values of one field: no header has it. */
const separator = '\x1f';

/** The same fields that a line of `watch` has; its port has to be told, for tshark takes it for nothing. */
export const tsharkCallsArguments = [
  ...['-d', `tcp.port==${port},http2`, '-Y', 'http2', '-T', 'fields', '-E', `aggregator=${separator}`],
  ...fields.flatMap((field) => ['-e', field]),
];

/** `CONNECTION STREAM METHOD PATH STATUS GRPC-STATUS`, and `CONNECTION SIDE n messages`, sorted. */
export async function ourCalls(path: string): Promise<string[]> {
  const calls: string[] = [];
  const messages = new Map<string, number>();
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const { type, connection, fields: f } = JSON.parse(line);
    // Messages of streams are told one by one too.
    if (type !== 'exchange' || f['http.request.method'] === undefined) continue;
    const id = connection.id - 1;
    const status = f['grpc.status_code'];
    calls.push(
      [
        id,
        f['http2.streamid'],
        f['http.request.method'],
        f['http.request.uri'],
        f['http.response.code'],
        status === undefined ? '' : (statusCodes[status] ?? status),
      ].join(' '),
    );
    count(messages, `${id} client`, f['grpc.request.messages'] ?? 0);
    count(messages, `${id} server`, f['grpc.response.messages'] ?? 0);
  }
  return told(calls, messages);
}

interface Call {
  readonly key: string;
  request: string;
  status: string;
  grpcStatus: string;
}

/**
 * A packet is a row, a frame one of several values. In this traffic a request has one block; an answer that is
 * gRPC's ends with the block that has the status, and no other block ends a stream.
 */
export async function tsharkCalls(path: string): Promise<string[]> {
  const calls = new Map<string, Call>();
  const messages = new Map<string, number>();
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const cells = line.split('\t').map((cell) => (cell === '' ? [] : cell.split(separator)));
    const [[connection], [target], ids, types, ends, methods, paths, statuses, names, values, lengths] =
      cells as [[string], [string], ...string[][]];
    const isRequest = Number(target) === port;
    count(messages, `${connection} ${isRequest ? 'client' : 'server'}`, lengths!.length);
    const grpcStatuses = values!.filter((_, i) => names![i] === 'grpc-status');
    let block = 0;
    let end = 0;
    let head = 0;
    let tail = 0;
    for (const [i, type] of types!.map(Number).entries()) {
      const isEnd = type === FrameType.data || type === FrameType.headers ? isSet(ends![end++]) : false;
      if (type !== FrameType.headers) continue;
      const key = `${connection} ${ids![i]}`;
      const call = calls.get(key) ?? { key, request: '', status: '', grpcStatus: '' };
      calls.set(key, call);
      if (isRequest) {
        call.request = `${methods![block]} ${paths![block]}`;
        block++;
        continue;
      }
      if (call.status === '') call.status = statuses![head++]!;
      if (isEnd) call.grpcStatus = grpcStatuses[tail++]!;
    }
  }
  return told(
    [...calls.values()].map((c) => `${c.key} ${c.request} ${c.status} ${c.grpcStatus}`),
    messages,
  );
}

/** Its versions write it in several ways. */
const isSet = (text: string | undefined) => text === '1' || text === 'True';

function count(messages: Map<string, number>, key: string, more: number): void {
  messages.set(key, (messages.get(key) ?? 0) + more);
}

function told(calls: readonly string[], messages: ReadonlyMap<string, number>): string[] {
  return [...calls, ...[...messages].map(([key, n]) => `${key} ${n} messages`)].sort();
}
