/** A pod with a mesh's proxy, as iptables makes one: what is said is told by the side of the proxy it was seen on. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { need } from '../support/need.ts';
import * as netns from '../support/netns.ts';
import { start, stopAll } from '../support/porthole.ts';
import { temporaryDirectory, upbeat } from '../support/upbeat.ts';

const skip = need('linux', 'root', 'ip', 'cc', 'iptables');
const [pod, peer] = ['10.94.0.1', '10.94.0.2'];
/** As Istio's. */
const [inbound, outbound, user] = ['15006', '15001', '1337'];
let box = '';
const running: ReturnType<typeof netns.startInNetns>[] = [];

before(() => {
  if (skip) return;
  box = netns.addNetns('mb');
  const other = netns.addNetns('mp');
  netns.join([box, `${pod}/24`], [other, `${peer}/24`]);
  // Its name is what it is known by.
  const proxy = join(temporaryDirectory('mesh'), 'envoy');
  const source = resolve(import.meta.dirname, '../support/sidecar.c');
  execFileSync('cc', ['-static', '-Os', '-s', '-Wall', '-Werror', '-o', proxy, source]);
  const nat = (...rule: string[]) => netns.inNetns(box, 'iptables', '-t', 'nat', '-A', ...rule);
  nat('PREROUTING', '-p', 'tcp', '-j', 'REDIRECT', '--to-ports', inbound);
  nat('OUTPUT', '-m', 'owner', '--uid-owner', user, '-j', 'RETURN');
  nat('OUTPUT', '-o', 'lo', '-j', 'RETURN');
  nat('OUTPUT', '-p', 'tcp', '-j', 'REDIRECT', '--to-ports', outbound);
  for (const [where, ...command] of [
    [box, proxy, inbound, outbound, user],
    [box, upbeat(), 'serve', '8080'],
    [other, upbeat(), 'serve', '9000'],
    [other, upbeat(), 'call', pod, '8080', '/coming', '100'],
    [box, upbeat(), 'call', peer, '9000', '/going', '100'],
  ] as const)
    running.push(netns.startInNetns(where, ...command));
});
after(() => {
  stopAll();
  for (const child of running) child.kill('SIGKILL');
});

interface Line {
  readonly type: string;
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly connection?: {
    readonly mesh?: { readonly side: string; readonly proxy: string };
    readonly redirectedTo?: { readonly port: number };
    readonly client: { readonly address: string };
    readonly server: { readonly address: string; readonly port: number };
  };
}

test('each request twice: between the two, and outside', { skip }, async () => {
  const run = start(['watch', `netns:${box}`, '--json', '-Y', 'mesh.side && http.request.uri']);
  for (const side of ['lo', 'inbound', 'outbound'])
    await run.saw(new RegExp(`("side":"${side}".*\n[^]*){2}`));
  const { code, stdout, stderr } = await run.stop();
  assert.equal(code, 0, stderr);
  const told = new Set<string>();
  for (const text of stdout.trim().split('\n')) {
    const { connection, fields } = JSON.parse(text) as Line;
    if (!connection) continue;
    const { mesh, client, server, redirectedTo } = connection;
    assert.equal(mesh?.proxy, 'envoy', text);
    assert.equal(
      redirectedTo?.port,
      mesh?.side === 'lo' && server.port === 9000 ? Number(outbound) : undefined,
    );
    told.add(
      `${mesh?.side} ${client.address} ${server.address}:${server.port} ${fields?.['http.request.uri']}`,
    );
  }
  assert.deepEqual([...told].toSorted(), [
    `inbound ${peer} ${pod}:8080 /coming`,
    `lo ${pod} ${peer}:9000 /going`,
    `lo 127.0.0.6 ${pod}:8080 /coming`,
    `outbound ${pod} ${peer}:9000 /going`,
  ]);
});

test('a word in the line; one side alone when it is asked for', { skip }, async () => {
  const run = start(['watch', `netns:${box}`, '-Y', 'mesh.side == "lo"']);
  await run.saw(/ lo \S+ -> \S+:9000 GET \/going -> /);
  await run.saw(/ lo 127\.0\.0\.6(\(\S+\))? -> \S+:8080 GET \/coming -> /);
  const { code, stdout } = await run.stop();
  assert.equal(code, 0);
  assert.doesNotMatch(stdout, /^\S+ (in|out) /m);
});
