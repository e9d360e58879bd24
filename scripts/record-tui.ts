/**
 * Makes what docs/tui.md shows, from real traffic: the demo container's, in a terminal of tmux. As root.
 *
 *   sh scripts/node.sh scripts/record-tui.ts
 *
 * Writes docs/tui/tour.cast (asciicast v2, for asciinema play), and screens as text below `<!-- screen NAME -->` in
 * docs/tui.md and README.md.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const root = resolve(import.meta.dirname, '..');
const directory = join(root, 'docs/tui');
const documents = ['docs/tui.md', 'README.md'].map((file) => join(root, file));
const columns = 110;
const rows = 32;

if (process.argv[2] === '--record') await record(process.argv[3]!);
else await tour();

/** stdin, with the time of each piece: https://docs.asciinema.org/manual/asciicast/v2/ */
async function record(file: string): Promise<void> {
  const out = openSync(file, 'w');
  const header = {
    version: 2,
    width: columns,
    height: rows,
    title: 'porthole demo --tui',
    env: { TERM: 'xterm-256color' },
  };
  writeSync(out, `${JSON.stringify(header)}\n`);
  const from = performance.now();
  const utf8 = new TextDecoder();
  for await (const bytes of process.stdin) {
    const text = utf8.decode(bytes as Buffer, { stream: true });
    writeSync(
      out,
      `${JSON.stringify([Number(((performance.now() - from) / 1000).toFixed(3)), 'o', text])}\n`,
    );
  }
}

async function tour(): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const tmux = (...args: string[]) =>
    execFileSync('tmux', ['-L', `porthole-tour-${process.pid}`, '-f', '/dev/null', ...args], {
      encoding: 'utf8',
    });
  tmux(
    'new-session',
    '-d',
    '-c',
    root,
    '-s',
    't',
    '-x',
    String(columns),
    '-y',
    String(rows),
    'env',
    'TERM=screen-256color',
    'sh',
  );
  const type = async (wait: number, ...keys: string[]) => {
    tmux('send-keys', '-t', 't', ...keys);
    await sleep(wait);
  };
  const screen = () => tmux('capture-pane', '-p', '-t', 't');
  const keep = (name: string) => {
    for (const file of documents) {
      const text = readFileSync(file, 'utf8');
      const place = new RegExp(`(<!-- screen ${name} -->\n\`\`\`\n)[\\s\\S]*?(\`\`\`\n)`);
      const shown = screen().trimEnd();
      writeFileSync(
        file,
        text.replace(place, (_, begin: string, end: string) => `${begin}${shown}\n${end}`),
      );
    }
  };
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
    await type(200, './porthole demo --tui', 'Enter');
    await seen(/GET +\/broken/);
    await sleep(3000);
    keep('list');
    await type(700, 'k');
    await type(700, 'k');
    await type(300, '/');
    await type(1500, 'http.response.code >= 5');
    await type(900, '00 && ht');
    keep('filter');
    await type(900, 'Escape');
    await type(300, '/');
    await type(900, 'http.request.method == "POST"');
    await type(1500, 'Enter');
    await type(1500, 'Enter');
    await type(900, '\\');
    keep('detail');
    keep('readme');
    await type(1500, '5');
    keep('timing');
    await type(1200, '6');
    await type(1200, 'Enter');
    keep('packets');
    await type(1500, 'f');
    keep('stream');
    await type(400, 'q');
    await type(400, 'q');
    await type(900, 'Escape');
    await type(2000, 'S');
    keep('statistics');
    await type(500, 'q');
    await type(1500, '?');
    keep('help');
    await type(300, 'q');
    await type(1500, 'Q');
    tmux('pipe-pane', '-t', 't');
  } finally {
    tmux('kill-server');
  }
}
