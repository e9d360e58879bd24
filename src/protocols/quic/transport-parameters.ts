/** What a client says of itself beside its hello: RFC 9000 section 18, and extensions of the registry. */
import { latin1 } from '../../util/bytes.ts';
import { Cursor } from '../../util/cursor.ts';
import { hex } from '../../util/tls/fingerprint.ts';
import type { Fields, Lines } from '../../util/tls/show.ts';
import { varint } from './packet.ts';
import { isReserved, versionName } from './versions.ts';

type Kind = 'integer' | 'id' | 'flag' | 'versions' | 'text' | 'bytes';

const known: Readonly<Record<number, readonly [name: string, kind: Kind]>> = {
  0: ['original_destination_connection_id', 'id'],
  1: ['max_idle_timeout', 'integer'],
  2: ['stateless_reset_token', 'bytes'],
  3: ['max_udp_payload_size', 'integer'],
  4: ['initial_max_data', 'integer'],
  5: ['initial_max_stream_data_bidi_local', 'integer'],
  6: ['initial_max_stream_data_bidi_remote', 'integer'],
  7: ['initial_max_stream_data_uni', 'integer'],
  8: ['initial_max_streams_bidi', 'integer'],
  9: ['initial_max_streams_uni', 'integer'],
  10: ['ack_delay_exponent', 'integer'],
  11: ['max_ack_delay', 'integer'],
  12: ['disable_active_migration', 'flag'],
  13: ['preferred_address', 'bytes'],
  14: ['active_connection_id_limit', 'integer'],
  15: ['initial_source_connection_id', 'id'],
  16: ['retry_source_connection_id', 'id'],
  17: ['version_information', 'versions'],
  32: ['max_datagram_frame_size', 'integer'],
  4183: ['loss_bits', 'integer'],
  10930: ['grease_quic_bit', 'flag'],
  12583: ['initial_rtt', 'integer'],
  12585: ['user_agent', 'text'],
  16741339: ['version_information (draft)', 'versions'],
};

/** Parameters in one hello; a dozen are usual. */
const maxParameters = 64;

export interface Parameters {
  readonly fields: Fields;
  readonly lines: Lines;
  readonly malformed: boolean;
}

export function readParameters(bytes: Uint8Array): Parameters {
  const c = new Cursor(bytes);
  const fields: Fields = {};
  const lines: Lines = [];
  for (let count = 0; c.left > 0 && count < maxParameters; count++) {
    const id = varint(c);
    const value = c.part(varint(c));
    // Section 18.1: 31 * N + 27 are reserved, for nobody to rely on what is known.
    if (c.cut || id % 31 === 27) continue;
    const [name, kind] = known[id] ?? [`0x${id.toString(16)}`, 'bytes' as const];
    const text = valueText(kind, value);
    lines.push([`quic ${name.replaceAll('_', ' ')}`, String(text)]);
    if (known[id] && kind === 'integer') fields[`tls.quic.parameter.${name}`] = Number(text);
  }
  return { fields, lines, malformed: c.cut };
}

function valueText(kind: Kind, value: Cursor): string {
  const { left } = value;
  switch (kind) {
    case 'integer':
      return left === 0 ? '0' : String(varint(value));
    case 'flag':
      return 'yes';
    case 'versions': {
      const names: string[] = [];
      while (value.left >= 4 && names.length < 16) {
        const version = value.u32();
        if (!isReserved(version)) names.push(versionName(version));
      }
      return names.join(', ');
    }
    case 'text':
      return latin1(value.take(Math.min(left, 128)));
    case 'id':
      return left === 0 ? '(empty)' : hex(value.take(Math.min(left, 32)));
    case 'bytes':
      return left <= 32 ? hex(value.take(left)) : `(${left} bytes)`;
  }
}
