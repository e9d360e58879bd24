/** What headers tell: repeats, reordering, windows, round trips. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TcpFlag } from '../model/index.ts';
import type { Conn } from './index.ts';
import { client, handshake, type Recording, record, server } from './testing/record.ts';

const { syn, ack, fin, rst } = TcpFlag;

function connection(r: Recording): Conn {
  const found: Conn[] = [];
  r.streams.each((conn) => void found.push(conn));
  assert.equal(found.length, 1);
  return found[0]!;
}

/** SYN, SYN-ACK and ACK at 0, 30 and 40 ms. */
function open(c = 100): Recording {
  const r = record();
  r.send(client, { seq: c, flags: syn }, 0);
  r.send(server, { seq: 500, ack: (c + 1) >>> 0, flags: syn | ack }, 30e6);
  r.send(client, { seq: (c + 1) >>> 0, ack: 501, flags: ack }, 40e6);
  return r;
}

const data = (seq: number, payload: string) => ({ seq: seq >>> 0, ack: 501, flags: ack, payload });

test('the handshake has two halves', () => {
  const { serverHandshakeNs, clientHandshakeNs } = connection(open());
  assert.deepEqual([serverHandshakeNs, clientHandshakeNs], [30e6, 10e6]);
});

test('of repeated SYNs the last one before the answer counts', () => {
  const r = record();
  r.send(client, { seq: 100, flags: syn }, 0);
  r.send(client, { seq: 100, flags: syn }, 1000e6);
  r.send(server, { seq: 500, ack: 101, flags: syn | ack }, 1020e6);
  r.send(client, { seq: 101, ack: 501, flags: ack }, 1021e6);
  const c = connection(r);
  assert.deepEqual([c.serverHandshakeNs, c.clientHandshakeNs], [20e6, 1e6]);
  assert.deepEqual([c.client.syns, c.server.syns], [2, 1]);
});

test('which of several SYN-ACKs is acknowledged nobody knows', () => {
  const r = record();
  r.send(client, { seq: 100, flags: syn }, 0);
  r.send(server, { seq: 500, ack: 101, flags: syn | ack }, 20e6);
  r.send(server, { seq: 500, ack: 101, flags: syn | ack }, 1020e6);
  r.send(client, { seq: 101, ack: 501, flags: ack }, 1021e6);
  const c = connection(r);
  assert.deepEqual([c.serverHandshakeNs, c.clientHandshakeNs, c.server.syns], [20e6, -1, 2]);
});

test('no handshake, no time of it', () => {
  const r = record();
  r.send(client, data(101, 'ab'));
  r.send(server, { seq: 501, ack: 103, flags: ack });
  const c = connection(r);
  assert.deepEqual([c.serverHandshakeNs, c.clientHandshakeNs], [-1, -1]);
});

test('an acknowledgement that is not the handshake’s third packet ends no half of it', () => {
  const r = record();
  r.send(client, { seq: 100, flags: syn }, 0);
  r.send(server, { seq: 500, ack: 101, flags: syn | ack }, 1e6);
  r.send(client, { seq: 101, ack: 600, flags: ack }, 2e6);
  assert.equal(connection(r).clientHandshakeNs, -1);
});

test('data seen before is a repeat, over the wrap too', () => {
  const r = open(0xffff_fffe);
  r.send(client, data(0xffff_ffff, 'abcd'));
  r.send(client, data(0xffff_ffff, 'abcd'));
  // Begins with what was there and goes on.
  r.send(client, data(1, 'cdef'));
  const { repeated, lateFills, overtaken, segments } = connection(r).client;
  assert.deepEqual(
    { repeated, lateFills, overtaken, segments },
    { repeated: 2, lateFills: 0, overtaken: 0, segments: 3 },
  );
});

test('what fills a hole was overtaken within a round trip, and is sent again after one', () => {
  for (const [after, expected] of [
    [39e6, [1, 0]],
    [41e6, [0, 1]],
  ] as const) {
    const r = open();
    r.send(client, data(104, 'def'), 50e6);
    // What follows moves the end on, but the hole is as old as it is.
    r.send(client, data(107, 'ghi'), 50e6 + after - 1e6);
    r.send(client, data(101, 'abc'), 50e6 + after);
    const { repeated, lateFills, overtaken } = connection(r).client;
    assert.deepEqual([overtaken, lateFills, repeated], [...expected, 0]);
  }
});

test('a second hole is found behind the first', () => {
  const r = open();
  r.send(client, data(104, 'def'), 50e6);
  r.send(client, data(110, 'jkl'), 51e6);
  r.send(client, data(104, 'def'), 52e6);
  r.send(client, data(107, 'ghi'), 53e6);
  r.send(client, data(107, 'ghi'), 200e6);
  const { repeated, lateFills, overtaken } = connection(r).client;
  assert.deepEqual({ repeated, lateFills, overtaken }, { repeated: 2, lateFills: 0, overtaken: 1 });
});

test('keep-alives and window probes are no repeats, nor is what goes on with the byte of one', () => {
  const r = open();
  r.send(client, data(101, 'abc'));
  r.send(client, data(103, '\0'));
  r.send(client, data(103, ''));
  r.send(client, data(104, 'd'));
  r.send(client, data(104, 'd'));
  r.send(client, data(104, 'defg'));
  assert.equal(connection(r).client.repeated, 0);
});

test('a FIN sent again is a repeat, after the end too', () => {
  const r = open();
  r.send(client, { seq: 101, ack: 501, flags: fin | ack });
  r.send(client, { seq: 101, ack: 501, flags: fin | ack });
  r.send(server, { seq: 501, ack: 102, flags: fin | ack });
  r.send(client, { seq: 102, ack: 502, flags: ack });
  r.send(server, { seq: 501, ack: 102, flags: fin | ack });
  const c = connection(r);
  assert.deepEqual([c.client.repeated, c.server.repeated], [1, 1]);
  assert.equal(c.closed, true);
  // Stragglers are counted until it is forgotten: SYN, ACK, FIN, FIN, ACK and SYN-ACK, FIN, FIN.
  assert.deepEqual([c.client.packets, c.server.packets], [5, 3]);
  assert.deepEqual([c.client.wireBytes, c.server.wireBytes], [5 * 54, 3 * 54]);
});

test('windows that are shut are counted and timed; a RST’s says nothing', () => {
  const r = open();
  r.send(server, { seq: 501, ack: 101, flags: ack, window: 0 }, 100e6);
  r.send(server, { seq: 501, ack: 101, flags: ack, window: 0 }, 150e6);
  r.send(server, { seq: 501, ack: 101, flags: ack, window: 10 }, 175e6);
  r.send(client, { seq: 101, ack: 501, flags: ack, window: 0 }, 200e6);
  r.send(server, { seq: 501, ack: 101, flags: rst | ack, window: 0 }, 300e6);
  const c = connection(r);
  assert.deepEqual([c.server.zeroWindows, c.server.shutNs, c.server.isShut], [2, 75e6, false]);
  assert.deepEqual([c.client.zeroWindows, c.client.isShut, c.client.shutAt], [1, true, 200e6]);
  assert.equal(c.resetBy, 'server');
});

test('round trips by acknowledged data: one at a time, none of what was sent again', () => {
  const r = open();
  r.send(client, data(101, 'abc'), 100e6);
  r.send(client, data(104, 'def'), 101e6);
  r.send(server, { seq: 501, ack: 103, flags: ack }, 102e6);
  r.send(server, { seq: 501, ack: 107, flags: ack }, 130e6);
  r.send(client, data(107, 'ghi'), 200e6);
  r.send(client, data(107, 'ghi'), 400e6);
  r.send(server, { seq: 501, ack: 110, flags: ack }, 420e6);
  r.send(client, data(110, 'jkl'), 500e6);
  r.send(server, { seq: 501, ack: 113, flags: ack, payload: 'answer' }, 510e6);
  const { rttCount, rttSum, rttMin, rttMax } = connection(r).client;
  assert.deepEqual(
    { rttCount, rttSum, rttMin, rttMax },
    { rttCount: 2, rttSum: 40e6, rttMin: 10e6, rttMax: 30e6 },
  );
  assert.equal(connection(r).server.rttCount, 0);
});

test('a connection is told forgotten once, with what came after its end', () => {
  const r = record({ lingerNs: 5e9 }, undefined, true);
  handshake(r);
  r.send(client, { seq: 101, ack: 501, flags: fin | ack }, 10e6);
  r.send(server, { seq: 501, ack: 102, flags: fin | ack }, 11e6);
  r.send(client, { seq: 102, ack: 502, flags: ack }, 12e6);
  assert.equal(connection(r).ended, 'fin');
  r.streams.tick(6e9);
  assert.deepEqual(r.events.slice(-2), ['closed fin', 'forgotten 6 packets']);
});
