import type { FieldSpec } from '../../model/index.ts';
import { alertCodes } from '../../util/tls/alerts.ts';
import { fieldSpecs, helloFields } from '../../util/tls/show.ts';

/** Wireshark has TLS' names for DTLS again, under `dtls.`. */
export const underDtls = (name: string) => name.replace(/^tls\./, 'dtls.');

export const fields: readonly FieldSpec[] = [
  ...fieldSpecs([
    [
      'dtls.stage',
      'string',
      'stage',
      0,
      'DTLS hello (the handshake) or DTLS data (what was encrypted)',
      { role: 'operation' },
    ],
  ]),
  ...helloFields.map((field) => ({ ...field, name: underDtls(field.name) })),
  ...fieldSpecs([
    ['dtls.result', 'string', 'result', 0, 'What was agreed on, or why it failed', { role: 'result' }],
    ['dtls.handshake.time', 'durationNs', 'time', 3, 'First byte of the hello to the end of the handshake'],
    ['dtls.cookie', 'boolean', 'cookie', 3, 'The server made the client show that its address is its own'],
    ['dtls.alert_message.desc', 'string', 'alert', 1, 'Alert that was sent in clear', { codes: alertCodes }],
    ['dtls.alert.side', 'string', 'alert by', 3, 'Who sent the alert: client or server'],
    [
      'dtls.sealed.client_bytes',
      'number',
      'bytes up',
      3,
      'Encrypted bytes of the client after the handshake',
    ],
    [
      'dtls.sealed.server_bytes',
      'number',
      'bytes down',
      3,
      'Encrypted bytes of the server after the handshake',
    ],
    ['dtls.sealed.client_records', 'number', 'records up', 3, 'Records they came in'],
    ['dtls.sealed.server_records', 'number', 'records down', 3, 'Records they came in'],
  ]),
];
