/**
 * A protocol's colour: a hue (degrees), the rest is the theme's so that contrast holds in both. Names that are not
 * in the table get one of their own, the same each time.
 */
const hues: Readonly<Record<string, number>> = {
  ...{ http: 200, http2: 215, websocket: 180, sse: 165, grpc: 270, graphql: 320 },
  ...{ dns: 150, tls: 90, quic: 60, tcp: 240, udp: 25, redis: 5, postgresql: 225, mysql: 35 },
};

export function hueOf(protocol: string): number {
  const known = Object.hasOwn(hues, protocol) ? hues[protocol] : undefined;
  if (known !== undefined) return known;
  // FNV-1a, 32 bit.
  let hash = 0x811c9dc5;
  for (let i = 0; i < protocol.length; i++) hash = Math.imul(hash ^ protocol.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % 360;
}
