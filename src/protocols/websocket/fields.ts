import type { FieldSpec } from '../../model/index.ts';
import { opcodes } from './frame.ts';

/** Names as Wireshark has them where it has them. */
export const fields: readonly FieldSpec[] = [
  {
    name: 'websocket.opcode',
    type: 'string',
    label: 'type',
    role: 'operation',
    detail: 0,
    codes: opcodes,
    description: "Of a message's first frame; continued when that was not seen (RFC 6455 section 5.2)",
  },
  {
    name: 'websocket.sent',
    type: 'string',
    label: 'sent',
    role: 'subject',
    detail: 0,
    grouping: 'none',
    description: "Beginning of a client's message, or its close code",
  },
  {
    name: 'websocket.received',
    type: 'string',
    label: 'received',
    role: 'result',
    detail: 0,
    description: "Beginning of a server's message, or its close code",
  },
  {
    name: 'websocket.payload.text',
    type: 'string',
    label: 'text',
    detail: 3,
    description: 'Beginning of a text message, compression undone',
  },
  {
    name: 'websocket.payload.close.status_code',
    type: 'number',
    label: 'code',
    detail: 3,
    description: 'Status code of a close frame (RFC 6455 section 7.4)',
  },
  {
    name: 'websocket.payload.close.reason',
    type: 'string',
    label: 'reason',
    detail: 3,
    description: 'Reason in a close frame',
  },
  {
    name: 'websocket.pmc',
    type: 'boolean',
    label: 'compressed',
    detail: 3,
    description: 'The message was compressed (permessage-deflate)',
  },
  {
    name: 'websocket.fragment.count',
    type: 'number',
    label: 'frames',
    detail: 3,
    description: 'Frames of the message when there are several',
  },
  {
    name: 'http.request.uri',
    type: 'string',
    label: 'path',
    detail: 1,
    description: 'Target of the handshake',
  },
];
