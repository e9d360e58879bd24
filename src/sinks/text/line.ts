/** The one line of an exchange, a conversation, a loss. */
import type {
  Connection,
  ConversationSummary,
  Endpoint,
  Exchange,
  FieldSpec,
  Incompleteness,
} from '../../model/index.ts';
import { escapeLine } from './escape.ts';
import { formatSize } from './format.ts';

/** What a protocol's line is made of, found once. */
export interface Roles {
  readonly title: string;
  readonly operation: readonly string[];
  readonly subject: readonly string[];
  readonly result: readonly string[];
}

export function rolesOf(title: string, fields: readonly FieldSpec[]): Roles {
  const named = (role: FieldSpec['role']) => fields.filter((f) => f.role === role).map((f) => f.name);
  return { title, operation: named('operation'), subject: named('subject'), result: named('result') };
}

/** Values of the fields, blank between them, '' when none is set. */
export function valuesOf(exchange: Exchange, names: readonly string[]): string {
  let text = '';
  for (const name of names) {
    const value = exchange.fields[name];
    if (value === undefined || value === '') continue;
    const one =
      typeof value === 'string'
        ? escapeLine(value)
        : Array.isArray(value)
          ? escapeLine(value.join(', '))
          : String(value);
    text += text === '' ? one : ` ${one}`;
  }
  return text;
}

export function endpointText(endpoint: Endpoint, port: boolean, names: boolean): string {
  const { address, name } = endpoint;
  if (names && name) return port ? `${escapeLine(name)}:${endpoint.port}` : escapeLine(name);
  if (!port) return address;
  return address.includes(':') ? `[${address}]:${endpoint.port}` : `${address}:${endpoint.port}`;
}

/** `client -> server:80`; the client's port says little and is left out unless asked for. */
export function whoText(connection: Connection, names: boolean, clientPort: boolean): string {
  return `${endpointText(connection.client, clientPort, names)} -> ${endpointText(connection.server, true, names)}`;
}

export function missingText(missing: readonly Incompleteness[]): string {
  let text = '';
  for (const { kind, side, bytes = 0 } of missing) {
    const of = side ? ` of the ${side}` : '';
    text += ' [';
    switch (kind) {
      case 'joinedMidStream':
        text += 'joined mid-stream';
        break;
      case 'bytesLost':
        text += `${bytes} bytes${of} lost`;
        break;
      case 'bodyCut':
        text += `body${of} kept to ${formatSize(bytes)}`;
        break;
      case 'noRequest':
        text += 'no request seen';
        break;
      case 'noResponse':
        text += 'no response seen';
        break;
      case 'messageCut':
        text += side ? `${side} cut off` : 'cut off';
        break;
    }
    text += ']';
  }
  return text;
}

const endings: Readonly<Record<ConversationSummary['ended'], string>> = {
  fin: 'closed',
  rst: 'reset',
  refused: 'refused',
  idle: 'idle',
  evicted: 'forgotten: too many connections',
  captureEnd: 'still open',
};

export function conversationText(summary: ConversationSummary): string {
  const packets = summary.clientPackets + summary.serverPackets;
  const parts = [
    `${packets} packet${packets === 1 ? '' : 's'}`,
    `${formatSize(summary.clientBytes)} up, ${formatSize(summary.serverBytes)} down`,
  ];
  if (summary.serverPackets === 0 && summary.connection.transport === 'tcp' && summary.ended !== 'refused')
    parts.push('no answer');
  if (summary.lostBytes > 0) parts.push(`${summary.lostBytes} bytes not captured`);
  parts.push(endings[summary.ended]);
  return parts.join(', ');
}
