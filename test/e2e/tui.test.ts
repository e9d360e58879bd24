/** The terminal UI in a real terminal (tmux), over real traffic. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { need } from '../support/need.ts';
import { launcher, porthole, start, stopAll } from '../support/porthole.ts';
import * as stage from '../support/stages.ts';
import { openTerminal, type Terminal } from '../support/terminal.ts';
import { temporaryDirectory } from '../support/upbeat.ts';
import { until } from '../support/wait.ts';

const skip = need('linux', 'root', 'ip', 'cc', 'tmux');

let net: stage.Pair;
let directory: string;
let capture: string;
let terminal: Terminal | undefined;

before(async () => {
  if (skip) return;
  directory = temporaryDirectory('tui');
  net = stage.pair('tu');
  stage.talk(net.box, net.peer, '10.96.0.1', 8081);
  capture = join(directory, 'some.pcapng');
  const recording = start(['watch', `netns:${net.box}`, '-w', capture, '--print', 'port', '8081']);
  await recording.saw(/(GET \/file\.txt -> 200 OK[\s\S]*){12}/);
  await recording.stop();
});
afterEach(() => {
  terminal?.close();
  terminal = undefined;
});
after(stopAll);

/** Runs it in a terminal whose prompt was seen, so that what comes back can be compared. */
async function open(args: string, size?: { columns: number; rows: number }, env = {}): Promise<Terminal> {
  terminal = openTerminal({ TERM: 'screen-256color', ...env }, size);
  await terminal.sees(/^\$/m);
  terminal.type('echo before', 'Enter');
  await terminal.sees(/^before$/m);
  terminal.type(`'${launcher}' tui ${args}`, 'Enter');
  return terminal;
}

const live = () => `netns:${net.box} port 8081`;
const row = /^ {2}\d\d:\d\d:\d\d\.\d{3} .*GET +\/file\.txt +200 OK/m;
const rows = (screen: string) => screen.split('\n').filter((line) => row.test(line));

test('live: the list follows, stands still under the cursor, an exchange opens, q gives all back', {
  skip,
}, async () => {
  const t = await open(live());
  await t.sees(row);
  await t.sees(/^ porthole netns:\S+ port 8081 .* following$/m);
  await until(
    () => rows(t.screen()).length >= 10,
    () => t.screen(),
  );
  t.type('k');
  await t.sees(/ live$/m);
  const first = rows(t.screen());
  const count = (screen: string) => Number(/ (\d[\d,]*) {2}live$/m.exec(screen)?.[1]?.replaceAll(',', ''));
  const before = count(t.screen());
  await until(
    () => count(t.screen()) > before + 30,
    () => t.screen(),
  );
  // What was on the screen still is, in the same lines; only what was not full yet has filled up.
  assert.deepEqual(rows(t.screen()).slice(0, first.length), first);
  t.type('Enter');
  await t.sees(/^GET \/file\.txt HTTP\/1\.1$/m);
  await t.sees(/^I am Server$/m);
  t.type('6');
  await t.sees(/→ +\d+ {2}IP .*8081: Flags \[P\.\]/);
  t.type('5');
  await t.sees(/^wait +[\d.]+ (µs|ms) /m);
  t.type('q');
  await t.sees(/SUBJECT/);
  t.type('q');
  await t.sees(/^\d+ exchanges? in \d+ connections?\n(.*\n)*\$/m);
  assert.match(t.screen(), /^before$/m);
  assert.doesNotMatch(t.screen(), /SUBJECT/);
  t.type('echo status $?', 'Enter');
  await t.sees(/^status 0$/m);
});

test('the filter narrows as it is applied, says what is wrong, and is taken back', { skip }, async () => {
  const t = await open(`-r ${capture}`);
  await t.sees(row);
  t.type('/', 'http.request.uri == ');
  await t.sees(/^ filter http\.request\.uri ==/m);
  t.type('"/nothing"', 'Enter');
  await t.sees(/ 0 of \d+ {2}over$/m);
  t.type('Escape');
  await t.sees(row);
  t.type('/', 'http.request.urj == 1', 'Enter');
  await t.sees(/urj/);
  assert.match(t.screen(), / \d+ {2}over$/m, 'what is wrong is not applied');
  t.type('Escape', 'q');
  await t.sees(/exchanges? in/);
});

test('a terminal that stands still: the file is complete, and what was not drawn is told', {
  skip,
}, async () => {
  const file = join(directory, 'stopped.pcapng');
  const t = await open(`${live()} -w ${file}`);
  await t.sees(row);
  const tty = t.tmux('display', '-p', '-t', 't', '#{pane_tty}').trim();
  // The UI has ^S as a key: a terminal that a person stops is one that stops by itself here.
  execFileSync('stty', ['-F', tty, 'ixon']);
  const answers = () => packets(file);
  t.type('C-s');
  const still = t.screen();
  const size = () => (existsSync(file) ? statSync(file).size : 0);
  const begun = size();
  await new Promise((done) => setTimeout(done, 3000));
  assert.equal(t.screen(), still, 'it did stand still');
  t.type('C-q');
  await t.sees(
    /the terminal stood still for .*: \d+ pictures were not drawn, [\d,]+ entries came; capture went on/,
  );
  assert.ok(size() >= begun);
  t.type('i');
  await t.sees(/^the terminal stood still/m);
  t.type('Q');
  const ended = await t.sees(/(\d+) packets captured\n[\s\S]*exchanges/);
  const [, captured] = /(\d+) packets captured/.exec(ended)!;
  assert.equal(await answers(), Number(captured));
});

async function packets(file: string): Promise<number> {
  const { stdout } = await porthole(['dump', '-r', file, '--count']);
  return Number(/\d+/.exec(stdout)![0]);
}

test('saved under a name, where it was said, for nobody else; copied by OSC 52', { skip }, async () => {
  const t = await open(`-r ${capture} --save-dir ${directory}`);
  t.tmux('set', '-s', 'set-clipboard', 'on');
  await t.sees(row);
  // The first one may have begun before the recording did.
  t.type('g', 'j', 'm');
  await t.sees(/^\* /m);
  t.type('x');
  await t.sees('Save which');
  t.type('m');
  await t.sees('Save as');
  t.type('h');
  await t.sees(/Save .* as/);
  t.type('C-u', 'one.har', 'Enter');
  await t.sees(`to ${directory}/one.har`);
  const har = JSON.parse(readFileSync(join(directory, 'one.har'), 'utf8'));
  assert.equal(har.log.version, '1.2');
  assert.equal(har.log.entries.length, 1);
  assert.equal(har.log.entries[0].request.method, 'GET');
  assert.equal(statSync(join(directory, 'one.har')).mode & 0o777, 0o600);

  for (const [name, says] of [
    ['one.har', 'is one already'],
    ['../two.har', 'no directory'],
  ] as const) {
    t.type('x', 'm', 'h', 'C-u', name, 'Enter');
    await t.sees(says);
  }
  assert.ok(!existsSync(join(directory, '../two.har')));

  t.type('w', 'm');
  await t.sees(/Save .* as/);
  t.type('C-u', 'one.pcapng', 'Enter');
  await t.sees(`to ${directory}/one.pcapng`);
  assert.ok((await packets(join(directory, 'one.pcapng'))) >= 3);

  t.type('c');
  await t.sees('curl command');
  t.type('c');
  await until(
    () => {
      try {
        return /^curl /.test(t.tmux('show-buffer'));
      } catch {
        return false;
      }
    },
    () => t.screen(),
  );
  t.type('Q');
  await t.sees(/exchanges? in/);
});

test('the picker lists what can be watched; Enter watches what is chosen', { skip }, async () => {
  const t = await open('');
  await t.sees(/^ {2}NAME +RUNTIME/m);
  t.type('/', net.box);
  await t.sees(new RegExp(`^> ${net.box} +netns`, 'm'));
  t.type('Enter', 'Enter');
  await t.sees(row);
  await t.sees(new RegExp(`^ porthole netns:${net.box} `, 'm'));
  t.type('Q');
  await t.sees(/exchanges? in/);
});

test('a signal gives the terminal back; so does ^Z, and fg comes back to the screen', { skip }, async () => {
  const t = await open(live());
  await t.sees(row);
  t.type('C-z');
  await t.sees(/[Ss]topped/);
  assert.match(t.screen(), /^before$/m);
  t.type('stty -a', 'Enter');
  await t.sees(/ icanon .* echo /s);
  t.type('fg', 'Enter');
  await t.sees(/ porthole netns:/);
  const pane = Number(t.tmux('display', '-p', '-t', 't', '#{pane_pid}'));
  const [pid] = readFileSync(`/proc/${pane}/task/${pane}/children`, 'latin1').trim().split(' ').map(Number);
  process.kill(pid!, 'SIGTERM');
  await t.sees(/exchanges? in/);
  t.type('clear; stty -a', 'Enter');
  await t.sees(/ icanon .* echo /s);
});

test('resized, narrow, without colours: what is drawn is what fits', { skip }, async () => {
  const t = await open(`-r ${capture}`, { columns: 80, rows: 24 }, { NO_COLOR: '1' });
  await t.sees(/^ {2}TIME +/m);
  await t.sees(/GET +\/file\.txt/);
  assert.doesNotMatch(
    t.tmux('capture-pane', '-e', '-p', '-t', 't'),
    /\x1b\[([0-9;]*;)?(3[0-8]|4[0-8]|9[0-7])[;m]/,
  );
  for (const [columns, lines] of [
    [40, 10],
    [160, 50],
    [12, 4],
    [100, 30],
  ] as const) {
    t.tmux('resize-window', '-t', 't', '-x', String(columns), '-y', String(lines));
    await t.sees(columns < 20 ? /too small/ : /GET +\/file/);
    for (const line of t.screen().split('\n')) assert.ok(line.length <= columns);
  }
  t.type('Q');
  await t.sees(/exchanges? in/);
});

test('not at a terminal it prints what watch prints', { skip }, async () => {
  const [screen, lines] = await Promise.all([
    porthole(['tui', '-r', capture, '-t']),
    porthole(['watch', '-r', capture, '-t']),
  ]);
  assert.equal(screen.code, 0);
  assert.ok(lines.stdout.includes('GET /file.txt -> 200 OK'));
  assert.equal(screen.stdout, lines.stdout);
  assert.equal(screen.stderr, lines.stderr);
});

test('what is wrong is told as ever, before the screen is taken', { skip }, async () => {
  writeFileSync(join(directory, 'not-a-capture'), 'hello');
  for (const [args, says] of [
    [`netns:no-such-${process.pid}`, /porthole: .*no-such/],
    [`-r ${join(directory, 'not-a-capture')}`, /porthole: .*not-a-capture/],
    [`-r ${capture} --save-dir ${join(directory, 'nowhere')}`, /--save-dir .*no such directory/],
    [`-r ${capture} -Y 'http.nothing =='`, /porthole: /],
  ] as const) {
    const t = await open(args);
    await t.sees(says);
    // The screen of before is still there.
    assert.match(t.screen(), /^before$/m);
    t.close();
  }
});

test('a crash gives the terminal back before it is told of', { skip }, async () => {
  const script = join(directory, 'crash.ts');
  const stageFile = join(import.meta.dirname, '../../src/tui/stage.ts');
  writeFileSync(
    script,
    `import { Stage } from ${JSON.stringify(stageFile)};
const stage = new Stage('auto');
stage.play({ paint: (s) => s.put(0, 0, 'painted', 0), input() { throw new Error('on purpose'); }, stalled() {}, end() {} });
`,
  );
  terminal = openTerminal({ TERM: 'screen-256color' });
  await terminal.sees(/^\$/m);
  terminal.type(
    `echo before; '${process.execPath}' --disable-warning=ExperimentalWarning ${script}`,
    'Enter',
  );
  await terminal.sees(/^painted$/m);
  terminal.type('x');
  await terminal.sees(/Error: on purpose/);
  assert.match(terminal.screen(), /^before$/m);
  terminal.type('clear; stty -a', 'Enter');
  await terminal.sees(/ icanon .* echo /s);
});
