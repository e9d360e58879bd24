import type { FieldSpec } from '../../model/index.ts';
import { alertCodes } from '../../util/tls/alerts.ts';
import { fieldSpecs, helloFields } from '../../util/tls/show.ts';

/** Names as Wireshark has them where it has them. */
export const fields: readonly FieldSpec[] = [
  ...fieldSpecs([
    [
      'tls.stage',
      'string',
      'stage',
      0,
      'TLS hello (the handshake) or TLS data (what was encrypted)',
      { role: 'operation' },
    ],
  ]),
  ...helloFields,
  ...fieldSpecs([
    ['tls.result', 'string', 'result', 0, 'What was agreed on, or why it failed', { role: 'result' }],
    ['tls.handshake.time', 'durationNs', 'time', 3, 'First byte of the hello to the end of the handshake'],
    ['tls.resumption', 'string', 'resumption', 3, 'How an earlier session went on: session id, ticket, psk'],
    [
      'tls.alert_message.desc',
      'string',
      'alert',
      1,
      'Alert that was sent in clear: the fatal one, else the first',
      { codes: alertCodes },
    ],
    ['tls.alert_message.level', 'string', 'alert level', 3, 'warning or fatal'],
    ['tls.alert.side', 'string', 'alert by', 3, 'Who sent the alert: client or server'],
    ['tls.alert.sealed', 'string', 'sealed alert', 3, 'Who ended it by an alert told by its length alone'],
    ['tls.certificate.count', 'number', 'certificates', 3, 'Certificates the server sent (up to TLS 1.2)'],
    ['tls.certificate.subject', 'string', 'subject', 3, 'Subject of the server’s certificate'],
    ['tls.certificate.issuer', 'string', 'issuer', 3, 'Who issued it'],
    ['x509ce.dNSName', 'list', 'names', 3, 'DNS names it holds for'],
    ['x509af.serialNumber', 'string', 'serial', 3, 'Its serial number, in hex'],
    ['tls.certificate.not_before', 'string', 'valid from', 3, 'First moment of its validity, ISO 8601'],
    ['tls.certificate.not_after', 'string', 'valid to', 3, 'Last moment of its validity, ISO 8601'],
    ['tls.certificate.key', 'string', 'key', 3, 'Kind and size of its key: RSA 2048, EC P-256'],
    ['tls.certificate.signed_with', 'string', 'signed with', 3, 'Algorithm it is signed with'],
    [
      'tls.certificate.problems',
      'list',
      'problems',
      1,
      'expired, not yet valid, self-signed, name mismatch: at the time and for the name of this handshake',
    ],
    ['tls.client_certificate.requested', 'boolean', 'mtls', 3, 'The server asked for one (up to TLS 1.2)'],
    [
      'tls.client_certificate.subject',
      'string',
      'client',
      3,
      'Subject of the client’s; (none) when it sent none',
    ],
    ['tls.sealed.client_bytes', 'number', 'bytes up', 3, 'Encrypted bytes of the client after the handshake'],
    [
      'tls.sealed.server_bytes',
      'number',
      'bytes down',
      3,
      'Encrypted bytes of the server after the handshake',
    ],
    ['tls.sealed.client_records', 'number', 'records up', 3, 'Records they came in'],
    ['tls.sealed.server_records', 'number', 'records down', 3, 'Records they came in'],
  ]),
];
