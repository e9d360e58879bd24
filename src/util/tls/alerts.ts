/** Alerts in words (RFC 8446 section 6, RFC 5246 section 7.2, and the registry for the rest). */

interface AlertWords {
  /** As in the RFCs. */
  readonly name: string;
  /** What it means for who looks for the cause; '' where the name says it. */
  readonly meaning: string;
}

const table: Readonly<Record<number, readonly [name: string, meaning: string]>> = {
  0: ['close_notify', 'no more will be sent'],
  1: ['end_of_early_data', ''],
  10: ['unexpected_message', ''],
  20: ['bad_record_mac', 'a record was damaged, or the keys differ'],
  21: ['decryption_failed', ''],
  22: ['record_overflow', 'a record was too long, or no TLS at all'],
  30: ['decompression_failure', ''],
  40: ['handshake_failure', 'no cipher suite, group or signature algorithm in common'],
  41: ['no_certificate', 'the client has none'],
  42: ['bad_certificate', 'the certificate is damaged, or its signature wrong'],
  43: ['unsupported_certificate', 'the certificate is of a kind not supported'],
  44: ['certificate_revoked', ''],
  45: ['certificate_expired', 'the certificate is expired or not valid yet'],
  46: ['certificate_unknown', 'the certificate was not accepted'],
  47: ['illegal_parameter', ''],
  48: ['unknown_ca', 'the issuer of the certificate is not trusted'],
  49: ['access_denied', 'the certificate is valid, but not allowed here'],
  50: ['decode_error', 'a message could not be read'],
  51: ['decrypt_error', 'a signature or Finished is wrong'],
  52: ['too_many_cids_requested', ''],
  60: ['export_restriction', ''],
  70: ['protocol_version', 'no TLS version in common'],
  71: ['insufficient_security', 'the offered cipher suites are too weak'],
  80: ['internal_error', ''],
  86: ['inappropriate_fallback', 'the client tried again with a lower version'],
  90: ['user_canceled', ''],
  100: ['no_renegotiation', ''],
  109: ['missing_extension', ''],
  110: ['unsupported_extension', ''],
  111: ['certificate_unobtainable', ''],
  112: ['unrecognized_name', 'the server has nothing under the name asked for'],
  113: ['bad_certificate_status_response', 'the OCSP response was not accepted'],
  114: ['bad_certificate_hash_value', ''],
  115: ['unknown_psk_identity', 'the pre-shared key is not known'],
  116: ['certificate_required', 'the client has to send a certificate'],
  120: ['no_application_protocol', 'no ALPN protocol in common'],
  121: ['ech_required', 'encrypted client hello was not accepted'],
};

export const AlertLevel = { warning: 1, fatal: 2 } as const;
export const closeNotify = 0;

export function alertWords(description: number): AlertWords {
  const [name, meaning] = table[description] ?? [`alert_${description}`, ''];
  return { name, meaning };
}

/** `unknown_ca (the issuer of the certificate is not trusted)` */
export function alertText(description: number): string {
  const { name, meaning } = alertWords(description);
  return meaning === '' ? name : `${name} (${meaning})`;
}

/** Name -> code point. */
export const alertCodes = Object.fromEntries(
  Object.entries(table).map(([code, [name]]) => [name, Number(code)]),
);
