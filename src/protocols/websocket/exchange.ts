/** Each message is an exchange of its own: a request when the client sends it, a response when the server does. */
import type {
  Connection,
  Exchange,
  FieldValue,
  Incompleteness,
  Message,
  Side,
  Timestamp,
} from '../../model/index.ts';
import { latin1, u16 } from '../../util/bytes.ts';
import { closeText, isFailure, Opcode, opcodeNames } from './frame.ts';
import { previewLimit, type WebSocketMessage } from './side.ts';

const noHeaders: Message['headers'] = [];
const nothing = new Uint8Array(0);
const noStatus = 1005;

export function makeExchange(
  connection: Connection,
  uri: string | undefined,
  side: Side,
  seen: WebSocketMessage,
  bodyLimit: number,
): Exchange {
  const { opcode, content, startAt, endAt } = seen;
  const isClose = opcode === Opcode.close;
  const code = content.length >= 2 ? u16(content, 0) : noStatus;
  const reason = isClose ? latin1(content, 2) : '';
  const isWords = opcode === Opcode.text || (opcode === Opcode.continuation && isPrintable(content));
  const words = isWords ? preview(content) : undefined;
  const shown = isClose
    ? closeText(code, reason)
    : (words ?? (isPrintable(content) ? preview(content) : undefined));
  const fields: Record<string, FieldValue> = {
    'websocket.opcode': opcodeNames[opcode],
    'websocket.sent': side === 'client' ? shown : undefined,
    'websocket.received': side === 'server' ? shown : undefined,
    'websocket.payload.text': words,
    'websocket.payload.close.status_code': isClose && content.length >= 2 ? code : undefined,
    'websocket.payload.close.reason': reason || undefined,
    'websocket.pmc': seen.isCompressed || undefined,
    'websocket.fragment.count': seen.frames > 1 ? seen.frames : undefined,
    'http.request.uri': uri,
  };
  const message = messageOf(seen, bodyLimit);
  return {
    protocol: 'websocket',
    connection,
    startAt,
    endAt,
    fields,
    outcome: isClose && isFailure(code) ? 'failed' : 'info',
    missing: missingOf(seen, side === 'client' ? 'request' : 'response', bodyLimit),
    weirds: seen.weirds,
    ...(side === 'client' ? { request: message } : { response: message }),
  };
}

/** Bytes lost behind the last message: what was among them, nobody knows. */
export function makeLost(connection: Connection, side: Side, bytes: number, at: Timestamp): Exchange {
  return {
    ...{ protocol: 'websocket', connection, startAt: at, endAt: at, fields: {}, outcome: 'info', weirds: [] },
    missing: [{ kind: 'bytesLost', side: side === 'client' ? 'request' : 'response', bytes }],
  };
}

function messageOf(seen: WebSocketMessage, bodyLimit: number): Message {
  const { startAt, endAt, wireBytes, content, length, opcode } = seen;
  const message = { startAt, endAt, wireBytes, startLine: '', headers: noHeaders, trailers: noHeaders };
  if (length === 0) return message;
  const bytes = bodyLimit > 0 ? content.subarray(0, bodyLimit) : nothing;
  const contentType = opcode === Opcode.text ? 'text/plain' : 'application/octet-stream';
  return { ...message, body: { bytes, totalLength: length, contentType, encodings: [] } };
}

function missingOf(
  { lost, cut, length, content }: WebSocketMessage,
  side: 'request' | 'response',
  bodyLimit: number,
): readonly Incompleteness[] {
  const missing: Incompleteness[] = [];
  if (lost > 0) missing.push({ kind: 'bytesLost', side, bytes: lost });
  const kept = Math.min(content.length, bodyLimit);
  if (bodyLimit > 0 && length - lost > kept) missing.push({ kind: 'bodyCut', side, bytes: kept });
  if (cut) missing.push({ kind: 'messageCut', side });
  return missing;
}

/** One byte a character, as strings of messages are. */
function preview(content: Uint8Array): string {
  return latin1(content, 0, Math.min(content.length, previewLimit));
}

function isPrintable(content: Uint8Array): boolean {
  if (content.length === 0) return false;
  for (let i = 0; i < Math.min(content.length, previewLimit); i++)
    if (content[i]! < 32 || content[i]! > 126) return false;
  return true;
}
