/** The test bed: two namespaces joined by a veth pair, a server in one, loads in the other. Gone at the end. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import { addNetns, inNetns, join, removeNetns } from '../../test/support/netns.ts';
import { launch, type Running } from '../../test/support/porthole.ts';
import { until } from '../../test/support/wait.ts';
import { type Timed, timed } from './timed.ts';

const serverAddress = '10.99.0.1';
const clientAddress = '10.99.0.2';
export const device = 'eth0';

export interface Bed {
  readonly server: string;
  readonly client: string;
  readonly serverAddress: string;
  /** For files: removed with the bed. */
  readonly directory: string;
  /** Runs a load in the client's namespace to its end; returns what it printed. */
  load(...command: string[]): Promise<string>;
  /** The same, measured too. */
  timedLoad(...command: string[]): Promise<Timed & { readonly stdout: string }>;
  /** Starts a program in the server's namespace, ended with the bed. */
  serve(...command: string[]): Running;
}

export async function withBed<T>(use: (bed: Bed) => Promise<T>): Promise<T> {
  const server = addNetns('s');
  const client = addNetns('c');
  const directory = mkdtempSync(path(tmpdir(), 'porthole-bench-'));
  const served: Running[] = [];
  try {
    join([server, `${serverAddress}/24`], [client, `${clientAddress}/24`], device);
    return await use({
      server,
      client,
      serverAddress,
      directory,
      async load(...command) {
        const { code, stdout, stderr } = await launch('ip', ['netns', 'exec', client, ...command]).ended;
        if (code !== 0) throw new Error(`${command.join(' ')}: status ${code}\n${stdout}${stderr}`);
        return stdout;
      },
      async timedLoad(...command) {
        const file = path(directory, 'load.txt');
        const used = await timed(file, 'ip', 'netns', 'exec', client, ...command);
        return { ...used, stdout: readFileSync(file, 'utf8') };
      },
      serve(...command) {
        const running = launch('ip', ['netns', 'exec', server, ...command]);
        served.push(running);
        return running;
      },
    });
  } finally {
    await Promise.all(served.map((running) => running.stop('SIGTERM')));
    for (const name of [server, client]) removeNetns(name);
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * Touches as much memory as the files of a round take. On a virtual machine whose host gives memory on first
 * use, that use is charged to who writes first, and costs several times what is measured here.
 */
export async function warmMemory(): Promise<void> {
  const { code, stderr } = await launch(process.execPath, [
    '-e',
    'for (let i = 0; i < 24; i++) Buffer.alloc(64 << 20, 1)',
  ]).ended;
  if (code !== 0) throw new Error(stderr);
}

export interface HttpServer {
  readonly url: string;
  readonly pid: number;
}

/** nginx with one worker and small files; resolves when it answers. */
export async function serveHttp(bed: Bed): Promise<HttpServer> {
  const root = path(bed.directory, 'www');
  mkdirSync(root);
  writeFileSync(path(root, 'small.txt'), 'x'.repeat(600));
  const config = path(bed.directory, 'nginx.conf');
  writeFileSync(
    config,
    `user root; worker_processes 1; pid ${bed.directory}/nginx.pid; error_log stderr crit; daemon off;
events { worker_connections 512; }
http {
  access_log off; keepalive_requests 1000000; default_type text/plain;
  client_body_temp_path ${bed.directory}; proxy_temp_path ${bed.directory}; fastcgi_temp_path ${bed.directory};
  uwsgi_temp_path ${bed.directory}; scgi_temp_path ${bed.directory};
  server { listen 80; root ${root}; }
}
`,
  );
  const nginx = bed.serve('nginx', '-e', 'stderr', '-c', config);
  await listening(bed, 80, nginx);
  return { url: `http://${bed.serverAddress}/small.txt`, pid: nginx.child.pid! };
}

/** Resolves when something listens on that TCP port of the server's namespace. */
export async function listening(bed: Bed, port: number, program: Running): Promise<void> {
  let over = false;
  void program.ended.then(() => {
    over = true;
  });
  await until(
    () => over || inNetns(bed.server, 'ss', '-Hltn', `sport = :${port}`) !== '',
    () => `port ${port}: ${program.stderr()}`,
  );
  if (over) throw new Error(`the server ended: ${program.stderr()}${program.stdout()}`);
}
