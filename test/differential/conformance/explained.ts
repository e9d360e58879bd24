/** Why we and tshark differ: all there is. What is not argued here is a failure, and so is what is not needed. */

export interface Explanation {
  /** Of the captures' names. */
  readonly capture: RegExp;
  /** `ours|tshark ASPECT KEY: LINE` */
  readonly line: RegExp;
  readonly why: string;
}

export const differencesExplained: readonly Explanation[] = [
  {
    capture: /^http\/nginx-pipelined/,
    line: / http pair /,
    why: 'tshark has pipelined answers all for the last request.',
  },
  {
    capture: /^http\/apache-curl/,
    line: / http (request|pair) .*(BREW|\/pot|: \/ -> 501)/,
    why: 'A method that is not registered: tshark reads the head, but sees no request in it.',
  },
  {
    capture: /^http\/apache-curl/,
    line: / http pair .*: \*? ?-> 200/,
    why: 'tshark makes a path of `*`, the target of OPTIONS.',
  },
  {
    capture: /^http\/nginx-too-large/,
    line: /^ours http (request|pair) .*\/upload/,
    why: 'tshark tells a request when its body is whole, and the server did not wait for it.',
  },
  {
    capture: /^http\/node-connect/,
    line: /^ours http (response|pair) /,
    why: 'What is within the tunnel: of the answer there tshark tells nothing when its end is that of the tunnel.',
  },
  {
    capture: /^http2\/h2c-upgrade/,
    line: /^ours http (response|pair) /,
    why: 'tshark tells the 101 only where the frames of HTTP/2 come in a segment of their own.',
  },
  {
    capture: /^http2\/http1-server/,
    line: /^tshark http2 end /,
    why: "An HTTP/1 answer ends the matter for us: the client's GOAWAY that minds it is not read.",
  },
  {
    capture: /^websocket\/broken/,
    line: /^tshark websocket message .*: 3$/,
    why: 'An opcode that nobody knows is a message of tshark; ours has a bad frame.',
  },
  {
    capture: /^websocket\/deflate-shared/,
    line: / websocket text /,
    why: 'tshark decompresses frames, not messages: what comes of one in parts, and behind it, is no text.',
  },
  {
    capture: /^websocket\/plain/,
    line: /^ours websocket text .*: $/,
    why: 'tshark has no text where it is empty.',
  },
  {
    capture: /^(dns\/answered-twice|public\/malformed_dns)/,
    line: / dns answer /,
    why: 'The same answer again is no exchange of ours. (And tshark reads on behind a name that is too long.)',
  },
  { capture: /^dns\/bind-axfr/, line: /^tshark dns answer /, why: 'A transfer is one exchange of ours.' },
  {
    capture: /^dns\/(bind-axfr|bind-errors|servfail)/,
    line: / dns answer .*: \d+ (z\.example|a\.z\.example|broken\.example)? (0|2|4|-1) ?\*?$/,
    why: 'An answer that leaves its question out has no name in tshark; the upper bits of an extended code are a field of their own there.',
  },
  {
    capture: /^dns\/bind-types/,
    line: /sp(\\032| )ace|at.*dot/,
    why: 'tshark does not escape what labels hold.',
  },
  {
    capture: /^dns\/mdns/,
    line: / dns answer /,
    why: 'An announcement has no question; ours has what it announces.',
  },
  {
    capture: /^tls\/server-speaks-http/,
    line: /^tshark http response /,
    why: 'The answer to a hello that is no TLS: the connection is told with a hello that was not answered in TLS.',
  },
  {
    capture: /^quic\/negotiation/,
    line: /^ours hello/,
    why: 'tshark keeps to the keys of the version that was refused.',
  },
  {
    capture: /^quic\/(v2|v1-to-v2|retry)$/,
    line: /^ours hello/,
    why: 'That draft of version 2 is one whose keys tshark 4.0 does not know.',
  },
  {
    capture: /^grpc\/connect-/,
    line: /^ours grpc /,
    why: 'tshark does not know Connect.',
  },
  {
    capture: /^grpc\/web-/,
    line: /^tshark grpc message /,
    why: 'gRPC-Web: the frame of trailers is a message for tshark.',
  },
  {
    capture: /^grpc\/web-/,
    line: /^ours grpc status /,
    why: 'gRPC-Web: tshark does not read the trailers in the body.',
  },
  {
    capture: /^grpc\/odd/,
    line: /^tshark http2 data |^ours (http2 header|grpc status) .*(: 13|bad frame)$/,
    why: 'Bodies that are no messages of gRPC; behind one tshark gives up and does not see the trailers.',
  },
  {
    capture: /^public\/(vxlan\.pcap|dtls\.pcap)/,
    line: /^tshark /,
    why: 'Tunnels (VXLAN, TURN) are not looked into.',
  },
  {
    capture: /^public\/(smtp-starttls|mysql|pgsql2)/,
    line: /^tshark hello/,
    why: 'TLS that begins within a protocol that is not read yet.',
  },
  {
    capture: /^public\/http-manipulated/,
    line: / http (request|response|pair) /,
    why: 'Blanks before the target, which tshark does not read; and a body that is not whole, which it tells nothing of.',
  },
  {
    capture: /^public\/http-proxy/,
    line: / http pair .*(http:\/\/http.com)?\/ -> 200$/,
    why: 'tshark makes a path of the URL.',
  },
  {
    capture: /^public\/(windowsupdate|http_on_sip_port)/,
    line: /^ours http (response|pair) /,
    why: 'tshark tells a response when its body is whole, and the capture ends before.',
  },
  {
    capture: /^public\/tls_1\.3_unidirectional_server/,
    line: /^ours hello [\d.:]+ [\d.:]+: seen/,
    why: "Told by the server's hello alone: the client's was not captured.",
  },
  {
    capture: /^public\/tls_missing_ch_frag/,
    line: /^ours hello/,
    why: 'A hello with a hole: we tell what stands before it.',
  },
];

/** What we find odd, and what tshark says of the same capture. */
export interface OddExplanation {
  readonly capture: RegExp;
  readonly odd: RegExp;
  /** Of its expert system; none = argued only. */
  readonly expert?: RegExp;
  readonly why: string;
}

export const oddExplained: readonly OddExplanation[] = [
  {
    capture: /^http\/nginx-bad-requests/,
    odd: /^http_bad_chunk$/,
    expert: /^Malformed Packet/,
    why: 'A chunk size that is none.',
  },
  {
    capture: /^http\/(nginx-bad-requests|odd-heads)/,
    odd: /^http_(bare_lf|folded_header|header_without_colon)$/,
    why: 'Allowed or wrong by RFC 9112 sections 2.2 and 5; tshark reads them and says nothing.',
  },
  {
    capture: /^http2\/http1-server/,
    odd: /^http2_violation: server: HTTP\/1 answer$/,
    why: 'The server speaks HTTP/1: tshark shows its answer as HTTP/1 without a word.',
  },
  {
    capture: /^websocket\/broken/,
    odd: /^websocket_bad_frame$/,
    expert: /Websocket Opcode \(3\) code not implemented/,
    why: 'An opcode that nobody knows.',
  },
  {
    capture: /^websocket\/(broken|masked-wrong)/,
    odd: /^websocket_(reserved_bit|unmasked_client)$/,
    why: 'The server ends the connection for it with 1002, as the capture shows; tshark shows the bit and says nothing.',
  },
  {
    capture: /^(dns\/answered-twice|public\/malformed_dns)/,
    odd: /^dns_answer_repeated$/,
    expert: /^DNS response retransmission/,
    why: 'The same answer again.',
  },
  {
    capture: /^dns\/spoofed/,
    odd: /^dns_second_answer_differs$/,
    expert: /^DNS response retransmission/,
    why: 'A second answer to one question, which says something else.',
  },
  {
    capture: /^tls\/server-speaks-http/,
    odd: /^tls_violation: server does not begin with a TLS record$/,
    why: 'The server speaks HTTP: tshark shows its answer as HTTP without a word.',
  },
  {
    capture: /^quic\/negotiation/,
    odd: /^quic_initial_not_opened$/,
    expert: /^(Failed to decrypt|Decryption failed|.*[Dd]ecrypt)/,
    why: 'The first datagram has a version put in that is reserved: its keys are not those of any version.',
  },
  {
    capture: /^grpc\/odd/,
    odd: /^grpc_bad_frame$/,
    expert: /^Malformed Packet/,
    why: 'A body that is no gRPC.',
  },
  {
    capture: /^public\/tls_2_reasms/,
    odd: /^tls_record_lost$/,
    expert: /^ACKed segment that wasn't captured/,
    why: 'A segment that was not captured.',
  },
  {
    capture: /^public\/tls_1\.3_unidirectional_server/,
    odd: /^tls_record_lost$/,
    why: 'None of the client was captured: the server acknowledges what we miss. tshark tells that of directions it has seen something of.',
  },
];
