import type { FieldSpec } from '../../model/index.ts';
import { fieldSpecs, helloFields } from '../../util/tls/show.ts';

const parameter = (name: string, label: string, description: string) =>
  [`tls.quic.parameter.${name}`, 'number', label, 3, description] as const;

/** Names as Wireshark has them where it has them. */
export const fields: readonly FieldSpec[] = [
  ...fieldSpecs([
    [
      'quic.stage',
      'string',
      'stage',
      0,
      'QUIC hello (the handshake) or QUIC data (what was encrypted)',
      { role: 'operation' },
    ],
  ]),
  ...helloFields,
  ...fieldSpecs([
    ['quic.result', 'string', 'result', 0, 'What was agreed on, or why it failed', { role: 'result' }],
    ['tls.handshake.time', 'durationNs', 'time', 3, 'First packet to the first one under the agreed keys'],
    ['quic.version', 'string', 'version', 1, 'Version spoken at last: v1, v2, draft 29'],
    ['quic.dcid', 'string', 'dcid', 3, 'Connection id the client made up for the server, in hex'],
    ['quic.scid', 'string', 'scid', 3, 'Connection id of the client, in hex'],
    ['quic.server_cid', 'string', 'server cid', 3, 'Connection id of the server, in hex'],
    ['quic.retry', 'boolean', 'retry', 3, 'The server made the client show that its address is its own'],
    ['quic.token', 'boolean', 'token', 3, 'The client came with a token'],
    [
      'quic.supported_version',
      'list',
      'versions',
      3,
      'Versions the server offered when it refused the first',
    ],
    ['quic.cc.error_code', 'string', 'error', 1, 'Why it was closed during the handshake'],
    ['quic.cc.reason_phrase', 'string', 'reason', 1, 'The same in the words of who closed it'],
    ['quic.cc.side', 'string', 'closed by', 3, 'Who closed it: client or server'],
    [
      'quic.sealed.client_bytes',
      'number',
      'bytes up',
      3,
      'Bytes of the client’s packets under the agreed keys',
    ],
    [
      'quic.sealed.server_bytes',
      'number',
      'bytes down',
      3,
      'Bytes of the server’s packets under the agreed keys',
    ],
    ['quic.sealed.client_packets', 'number', 'packets up', 3, 'Packets they came in'],
    ['quic.sealed.server_packets', 'number', 'packets down', 3, 'Packets they came in'],
    parameter('max_idle_timeout', 'idle', 'Idle timeout the client proposes, in milliseconds'),
    parameter('max_udp_payload_size', 'payload', 'Largest datagram the client takes'),
    parameter('initial_max_data', 'max data', 'Bytes the server may send at first'),
    parameter('initial_max_stream_data_bidi_local', 'bidi local', 'The same for a stream the client opens'),
    parameter('initial_max_stream_data_bidi_remote', 'bidi remote', 'The same for a stream the server opens'),
    parameter('initial_max_stream_data_uni', 'uni', 'The same for a one-way stream'),
    parameter('initial_max_streams_bidi', 'streams', 'Streams the server may open'),
    parameter('initial_max_streams_uni', 'uni streams', 'One-way streams the server may open'),
    parameter(
      'ack_delay_exponent',
      'ack exponent',
      'Unit of the delays in acknowledgements, as a power of two',
    ),
    parameter('max_ack_delay', 'ack delay', 'Longest delay of an acknowledgement, in milliseconds'),
    parameter('active_connection_id_limit', 'cids', 'Connection ids the client keeps'),
    parameter('max_datagram_frame_size', 'datagram', 'Largest datagram frame the client takes'),
    parameter('loss_bits', 'loss bits', 'Explicit loss measurement'),
    parameter('initial_rtt', 'rtt', 'Round trip the client knows from before, in microseconds'),
  ]),
];
