/** What a running watch tells of itself: a word when nothing shows, a line on terminals, lines on SIGUSR1. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { need } from '../support/need.ts';
import { addNetns } from '../support/netns.ts';
import { launcher, start, stopAll } from '../support/porthole.ts';
import * as stage from '../support/stages.ts';
import { openTerminal, type Terminal } from '../support/terminal.ts';
import { temporaryDirectory } from '../support/upbeat.ts';
import { until } from '../support/wait.ts';

const skip = need('linux', 'root', 'ip', 'cc');
const skipTerminal = need('linux', 'root', 'ip', 'cc', 'tmux');

let plain: stage.Pair;
let tls: stage.Pair;
before(async () => {
  if (skip) return;
  plain = stage.pair('sp');
  stage.talk(plain.box, plain.peer, '10.96.0.1', 8081);
  tls = stage.pair('st');
  await stage.speak(tls.box, stage.oddServer(9000));
  await stage.speak(tls.peer, stage.oddClient('10.96.0.1', 9000));
});
after(() => {
  terminal?.close();
  stopAll();
});

const silences: readonly (readonly [what: string, args: () => string[], says: RegExp])[] = [
  [
    'a filter that keeps nothing',
    () => ['watch', `netns:${plain.box}`, 'port', '8080'],
    /^porthole: nothing shown yet: [\d,]+ packets passed \S+\/eth0 and the filter kept 0 of them \('porthole doctor netns:\S+ port 8080' tells more\)$/m,
  ],
  [
    'the same for printed packets',
    () => ['dump', '-nn', `netns:${plain.box}`, 'port', '8080'],
    /^porthole: nothing shown yet: [\d,]+ packets passed \S+\/eth0 and the filter kept 0 of them/m,
  ],
  [
    'a query that hides all',
    () => ['watch', `netns:${plain.box}`, '-Y', 'http.response.code == 500'],
    /^porthole: nothing shown yet: [\d,]+ packets captured, and -Y hides (all [\d,]+ entries|the one entry) /m,
  ],
  [
    'the same for what is only written',
    () => ['dump', `netns:${plain.box}`, '-w', '/dev/null', 'port', '8080'],
    /^porthole: nothing shown yet: [\d,]+ packets passed \S+\/eth0 and the filter kept 0 of them/m,
  ],
  [
    'an interface on which nothing passes',
    () => ['watch', `netns:${plain.box}`, '-i', 'lo'],
    /^porthole: nothing shown yet: no packet passed \S+\/lo in \d+ s /m,
  ],
];
for (const [what, args, says] of silences)
  test(`nothing shown: ${what}`, { skip, concurrency: true }, async () => {
    const watch = start(args());
    await watch.saw(says);
    const { code, stdout } = await watch.stop();
    assert.equal(code, 0);
    assert.doesNotMatch(stdout, /GET|IP 10/);
  });

test('nothing shown: a unix socket', { skip }, async () => {
  const path = join(temporaryDirectory('unix'), 'live.sock');
  const box = addNetns('su');
  const server = await stage.speak(box, stage.unixServer(path));
  await stage.speak(box, stage.unixClient(path));
  const watch = start(['watch', `pid:${server.child.pid}`]);
  await watch.saw(
    /nothing shown yet: no packet passed \S+\/lo in \d+ s; its processes are connected by unix sockets, which no packet capture sees: \/\S+\/live\.sock /,
  );
  await watch.stop();
});

test('--no-status, and entries, keep it quiet', { skip }, async () => {
  const [told, untold, shown] = [
    start(['watch', `netns:${plain.box}`, 'port', '8080']),
    start(['watch', '--no-status', `netns:${plain.box}`, 'port', '8080']),
    start(['watch', `netns:${plain.box}`]),
  ];
  await told.saw('nothing shown yet');
  // Started in the same moment; a second and more for machines that are busy.
  await new Promise((done) => setTimeout(done, 1500));
  await told.stop();
  for (const quiet of [untold, shown]) {
    const { stderr } = await quiet.stop();
    assert.doesNotMatch(stderr, /nothing shown yet/);
  }
});

test('SIGUSR1 tells what is attached, the filter, and what was not decoded', { skip }, async () => {
  const watch = start(['watch', `netns:${tls.box}`, 'tcp', 'port', '9000']);
  await watch.listening();
  await until(() => watch.stdout() !== '', 'a connection');
  watch.child.kill('SIGUSR1');
  await watch.saw(/^payload: not decoded [\d.]+ k?B \(100%\)$/m);
  assert.match(
    watch.stderr(),
    /packets captured\n.*\nlistening on \S+\/lo, \S+\/eth0, filter: tcp port 9000\n[\d,]+ packets passed, \d+ shown\n/s,
  );
  await watch.stop();
});

let terminal: Terminal | undefined;
test('on a terminal: a line at the bottom, gone with the end, never among the entries', {
  skip: skipTerminal,
}, async () => {
  const quiet = addNetns('sq');
  terminal = openTerminal({ TERM: 'xterm', NO_COLOR: '1' }, { columns: 150, rows: 12 });
  terminal.type(`${launcher} watch netns:${plain.box} tcp port 8081`, 'Enter');
  await terminal.sees(
    /^\S+\/lo, \S+\/eth0, tcp port 8081 \| [\d,]+ seen, [\d,]+ kept, [\d,]+ dropped \| [\d,]+ shown$/m,
  );
  terminal.type('C-c');
  const screen = await terminal.sees(/exchanges in \d+ connections/);
  const lines = screen.split('\n');
  assert.deepEqual(
    lines.filter((line) => line.includes(' seen, ')),
    [],
    screen,
  );
  assert.ok(
    lines.some((line) => /^[\d:.]+ .* GET \/file\.txt -> 200/.test(line)),
    screen,
  );
  terminal.type(`clear; ${launcher} watch netns:${quiet}`, 'Enter');
  await terminal.sees(/^\S+\/lo \| 0 seen, 0 kept, 0 dropped \| 0 shown$/m);
  await terminal.sees(/^porthole: nothing shown yet: no packet passed \S+\/lo in \d+ s .*$/m);
  await terminal.sees(/^\S+\/lo \| 0 seen, 0 kept, 0 dropped \| 0 shown$/m);
  terminal.type('C-c');
  await terminal.sees('0 exchanges in 0 connections');
  terminal.type(`clear; ${launcher} watch --no-status netns:${plain.box} | tail -n 1`, 'Enter');
  await terminal.sees('listening on');
  assert.doesNotMatch(terminal.screen(), / seen, /);
  terminal.type('C-c');
});
