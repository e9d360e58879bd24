/**
 * Makes what docs/tui.md shows, from real traffic: the demo container's, in a terminal of tmux. As root.
 *
 *   sh scripts/node.sh scripts/record-tui.ts
 *
 * Writes docs/tui/*.txt (the screen as text) and docs/tui/tour.cast (asciicast v2, for asciinema play).
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync, writeSync, openSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const root = resolve(import.meta.dirname, '..');
const directory = join(root, 'docs/tui');
const columns = 110;
const rows = 32;

if (process.argv[2] === '--record') await record(process.argv[3]!);
else await tour();

/** stdin, with the time of each piece: https://docs.asciinema.org/manual/asciicast/v2/ */
async function record(file: string): Promise<void> {
  const out = openSync(file, 'w');
  const header = { version: 2, width: columns, height: rows, title: 'porthole demo --tui', env: { TERM: 'xterm-256color' } };
  writeSync(out, `${JSON.stringify(header)}\n`);
  const from = performance.now();
  const utf8 = new TextDecoder();
  for await (const bytes of process.stdin) {
    const text = utf8.decode(bytes as Buffer, { stream: true });
    writeSync(out, `${JSON.stringify([Number(((performance.now() - from) / 1000).toFixed(3)), 'o', text])}\n`);
  }
}

async function tour(): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const tmux = (...args: string[]) =>
    execFileSync('tmux', ['-L', `porthole-tour-${process.pid}`, '-f', '/dev/null', ...args], { encoding: 'utf8' });
  tmux('new-session', '-d', '-s', 't', '-x', String(columns), '-y', String(rows), 'env', 'TERM=screen-256color', 'sh');
  const type = async (wait: number, ...keys: string[]) => {
    tmux('send-keys', '-t', 't', ...keys);
    await sleep(wait);
  };
  const screen = () => tmux('capture-pane', '-p', '-t', 't');
  const keep = (name: string) => writeFileSync(join(directory, `${name}.txt`), `${screen().trimEnd()}\n`);
  const seen = async (text: RegExp) => {
    for (let tries = 0; !text.test(screen()); tries++) {
      if (tries > 200) throw new Error(`${text} is not on the screen:\n${screen()}`);
      await sleep(100);
    }
  };
  try {
    await type(500, 'PS1="$ "; clear', 'Enter');
    const reader = `sh ${join(root, 'scripts/node.sh')} ${import.meta.filename} --record ${join(directory, 'tour.cast')}`;
    tmux('pipe-pane', '-t', 't', reader);
    await type(200, `${join(root, 'porthole')} demo --tui`, 'Enter');
    await seen(/GET +\/orders/);
    await sleep(4000);
    keep('list');
    await type(900, 'k');
    await type(700, 'k');
    await type(300, '/');
    await type(1200, 'http.response.code >= 5');
    keep('filter');
    await type(1500, '00', 'Enter');
    await type(1500, 'Enter');
    keep('detail');
    await type(1200, '5');
    keep('timing');
    await type(1200, '6');
    await type(1200, 'Enter');
    keep('packets');
    await type(1200, 'f');
    keep('stream');
    await type(400, 'q');
    await type(400, 'q');
    await type(800, 'Escape');
    await type(1800, 'S');
    keep('statistics');
    await type(500, 'q');
    await type(1000, '?');
    keep('help');
    await type(300, 'q');
    await type(1500, 'Q');
    tmux('pipe-pane', '-t', 't');
  } finally {
    tmux('kill-server');
  }
}
