/** Why a connection was closed: RFC 9000 section 20.1. */
import { alertText } from '../../util/tls/alerts.ts';

const codes = [
  'NO_ERROR',
  'INTERNAL_ERROR',
  'CONNECTION_REFUSED',
  'FLOW_CONTROL_ERROR',
  'STREAM_LIMIT_ERROR',
  'STREAM_STATE_ERROR',
  'FINAL_SIZE_ERROR',
  'FRAME_ENCODING_ERROR',
  'TRANSPORT_PARAMETER_ERROR',
  'CONNECTION_ID_LIMIT_ERROR',
  'PROTOCOL_VIOLATION',
  'INVALID_TOKEN',
  'APPLICATION_ERROR',
  'CRYPTO_BUFFER_EXCEEDED',
  'KEY_UPDATE_ERROR',
  'AEAD_LIMIT_REACHED',
  'NO_VIABLE_PATH',
];

/** 0x0100 to 0x01ff are TLS alerts. */
export function closeText(code: number): string {
  if (code >= 0x100 && code < 0x200) return `alert ${alertText(code & 255)}`;
  if (code === 0x11) return 'VERSION_NEGOTIATION_ERROR';
  return codes[code] ?? `error 0x${code.toString(16)}`;
}
