/** For the fixtures' make.ts: records the loopback while real programs talk. Not used by any test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InnerModule, ProtocolModule } from '../../model/index.ts';
import { protocols } from '../registry.ts';
import { carriedConversations, conversationsFor } from './carried.ts';
import { feed, plain } from './play.ts';

/** Recordings named on the command line; none named means all. */
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
export const isWanted = (name: string): boolean => wanted.length === 0 || wanted.includes(name);

/** Records `filter` on `lo` into `file` while `talk` runs; not with --golden, which writes golden files anew. */
export async function record(file: string, filter: string, talk: () => Promise<unknown>): Promise<void> {
  if (process.argv.includes('--golden')) return;
  // With the default snap length the ring holds a few frames only, and a burst is lost.
  const capture = ['-Z', 'root', '-i', 'lo', '-U', '--immediate-mode', '-s', '65535', '-B', '32768'];
  const tcpdump = spawn('tcpdump', [...capture, '-w', file, filter], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(tcpdump, 'exit');
  await saying(tcpdump, /listening on/);
  try {
    await talk();
    await sleep(400);
  } finally {
    tcpdump.kill('SIGINT');
    await ended;
  }
}

/** The same for a protocol that rides inside others: its own entries alone. */
export function writeInnerGolden(folder: string, name: string, module: InnerModule): void {
  const lines = carriedConversations(folder, name)
    .flatMap(({ carrier, conversation }) => feed(carrier, conversation, { inners: [module] }).exchanges)
    .filter((exchange) => exchange.protocol === module.name)
    .map((exchange) => JSON.stringify(plain(exchange)));
  writeFileSync(join(folder, `${name}.events.ndjson`), lines.map((line) => `${line}\n`).join(''));
}

/** Until a program says so on stderr. */
export function saying(child: ChildProcess, what: RegExp): Promise<void> {
  let text = '';
  return new Promise((resolve, reject) => {
    child.stderr!.on('data', (chunk) => {
      text += chunk;
      if (what.test(text)) resolve();
    });
    child.on('exit', () => reject(new Error(`${child.spawnfile} ended: ${text}`)));
  });
}

/** Ends a program that was started, and waits for it. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

/** Until somebody accepts connections there. */
export async function listens(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      socket.destroy();
      return;
    } catch {
      await sleep(50);
    }
  }
  throw new Error(`nobody listens on port ${port}`);
}

/** Apache with these modules beside the usual, and this configuration; while `talk` runs. */
export async function withApache(
  modules: readonly string[],
  config: string,
  port: number,
  talk: () => Promise<unknown>,
): Promise<void> {
  const work = temporary();
  const all = ['mpm_event', 'authz_core', ...modules];
  const loads = all.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`);
  const conf = join(work, 'apache.conf');
  writeFileSync(
    conf,
    `ServerRoot ${work}\nServerName localhost\nPidFile ${work}/pid\nErrorLog ${work}/error.log\n` +
      `DefaultRuntimeDir ${work}\nListen 127.0.0.1:${port}\n${loads.join('\n')}\n${config}\n`,
  );
  const apache = spawn('/usr/sbin/apache2', ['-X', '-f', conf], { stdio: 'ignore' });
  try {
    await listens(port);
    await talk();
  } finally {
    await stop(apache);
  }
}

/**
 * Chromium without a window opens `url` and is ended when `done` is. It finds no name but those that `rules` map,
 * so that nothing leaves the machine.
 */
export async function browse(
  url: string,
  done: Promise<unknown>,
  { rules = [], args = [] }: { readonly rules?: readonly string[]; readonly args?: readonly string[] } = {},
): Promise<void> {
  const child = spawn(
    'chromium',
    [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-sync'],
      ...['--disable-background-networking', '--disable-component-update', `--user-data-dir=${temporary()}`],
      `--host-resolver-rules=${[...rules, 'MAP * ~NOTFOUND', 'EXCLUDE 127.0.0.1'].join(', ')}`,
      ...args,
      url,
    ],
    { stdio: 'ignore' },
  );
  try {
    await Promise.race([done, sleep(30_000, undefined, { ref: false })]);
  } finally {
    await stop(child);
  }
}

/** Runs to its end; its output. */
export async function output(program: string, ...args: string[]): Promise<string> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  for await (const chunk of child.stdout) text += chunk;
  return text;
}

export function temporary(): string {
  const path = mkdtempSync(join(tmpdir(), 'porthole-fixture-'));
  process.on('exit', () => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Writes what the module says of the file. Whether that is right is checked against tshark: README.md. */
export function writeGolden(folder: string, name: string, module: ProtocolModule): void {
  const lines = conversationsFor(module, protocols, folder, name).flatMap((conversation) =>
    feed(module, conversation).exchanges.map((exchange) => JSON.stringify(plain(exchange))),
  );
  writeFileSync(join(folder, `${name}.events.ndjson`), lines.map((line) => `${line}\n`).join(''));
}

/** Packages of the npm registry, installed into a temporary folder: nothing the project depends on. */
export async function install<T>(packages: readonly string[], modules: readonly string[]): Promise<T> {
  const path = temporary();
  await output('npm', 'install', '--silent', '--no-audit', '--no-fund', '--prefix', path, ...packages);
  const load = createRequire(join(path, 'index.js'));
  return modules.map((name) => load(name)) as T;
}
