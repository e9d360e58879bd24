/** Answers A queries for the demo's names, NXDOMAIN for others: RFC 1035, just enough of it. */
import { createSocket } from 'node:dgram';
import { addresses, apiName } from './addresses.ts';

const names = new Map<string, string>([[apiName, addresses.api]]);

export function answer(query: Buffer): Buffer | undefined {
  if (query.length < 17) return undefined;
  const labels: string[] = [];
  let at = 12;
  while (at < query.length && query[at] !== 0) {
    const length = query[at]!;
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const questionEnd = at + 5;
  const address = query.readUInt16BE(at + 1) === 1 ? names.get(labels.join('.')) : undefined;
  const known = names.has(labels.join('.'));
  const head = Buffer.from(query.subarray(0, questionEnd));
  head.writeUInt16BE(0x8180 | (known ? 0 : 3), 2);
  head.writeUInt16BE(address ? 1 : 0, 6);
  head.writeUInt16BE(0, 8);
  head.writeUInt16BE(0, 10);
  if (!address) return head;
  // Name as a pointer to the question, type A, class IN, TTL 30, four bytes.
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4, ...address.split('.').map(Number)]);
  return Buffer.concat([head, record]);
}

export function serveDns(): Promise<void> {
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const reply = answer(query);
    if (reply) socket.send(reply, from.port, from.address);
  });
  return new Promise((resolve) => socket.bind(53, addresses.dns, resolve));
}
