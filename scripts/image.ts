/**
 * Makes the image of the node agent: FROM scratch, with Node, the libraries it names, and Porthole.
 *
 *     npm run image [-- --arch amd64,arm64] [FILE]        porthole-agent.tar, for `docker load` and `ctr images import`
 *
 * Of the processor it is made on, or of those that are named; several become one image of which each node takes its
 * own. What this machine does not have of another processor's comes from where its packages come from: npm, apt.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bundle } from './bundle.ts';
import { Archive } from './image/archive.ts';
import { librariesHere, librariesOfDebian } from './image/libraries.ts';

const root = resolve(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
export const imageName = `localhost/porthole-agent:${version}`;

interface Processor {
  /** As npm and Node call it. */
  readonly node: string;
  /** Runs its programs elsewhere. */
  readonly emulator: string;
}

/** By the names that images and Debian have for them. */
const processors: Readonly<Record<string, Processor>> = {
  amd64: { node: 'x64', emulator: 'qemu-x86_64-static' },
  arm64: { node: 'arm64', emulator: 'qemu-aarch64-static' },
};

const here = Object.keys(processors).find((name) => processors[name]!.node === process.arch) ?? '';

/** In the image. */
const cache = '/app/cache';

function put(place: string, path: string, text: string): void {
  mkdirSync(dirname(join(place, path)), { recursive: true });
  writeFileSync(join(place, path), text);
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}

/** Where npm has put the packages: here, or, for another processor, where the same versions are put for it. */
function packagesFor(architecture: string, work: string): string {
  if (architecture === here) return join(root, 'node_modules');
  for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(root, file), join(work, file));
  const asked = [
    '--os=linux',
    '--libc=glibc',
    `--cpu=${processors[architecture]!.node}`,
    '--omit=dev',
    '--ignore-scripts',
  ];
  execFileSync('npm', ['ci', ...asked, '--no-audit', '--no-fund'], {
    cwd: work,
    stdio: ['ignore', 'ignore', 2],
  });
  return join(work, 'node_modules');
}

/** Node and what it needs: the same from release to release, so that nodes pull it once. */
function fillRuntime(place: string, node: string, libraries: readonly [from: string, to: string][]): void {
  copy(node, join(place, 'usr/bin/node'));
  for (const [from, to] of libraries) copy(from, join(place, to));
  put(place, 'etc/passwd', 'root:x:0:0::/:/none\nnobody:x:65534:65534::/:/none\n');
  put(place, 'etc/group', 'root:x:0:\nnogroup:x:65534:\n');
  put(place, 'etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n');
}

function fillProgram(place: string, packages: string, { node }: Processor): void {
  const app = join(place, 'app');
  bundle(join(app, 'dist'));
  for (const file of ['package.json', 'LICENSE']) copy(join(root, file), join(app, file));
  const native = `@koromix/koffi-linux-${node}`;
  cpSync(join(packages, 'koffi'), join(app, 'node_modules/koffi'), {
    recursive: true,
    filter: (path) => !/\.(cc|hh?|c|cpp|inc|S|asm|md|txt|def|d\.ts)$|\/(vendor|doc|cnoke\.cjs)$/.test(path),
  });
  for (const path of ['package.json', 'index.js', `linux_${node}`])
    cpSync(join(packages, native, path), join(app, 'node_modules', native, path), { recursive: true });
}

/** What its processes load is compiled here: an agent's file system cannot be written to. False: nobody can do it. */
function compile(runtime: string, place: string, architecture: string): boolean {
  const node = join(runtime, 'usr/bin/node');
  const { emulator } = processors[architecture]!;
  const env = {
    PATH: process.env['PATH'],
    NODE_COMPILE_CACHE: join(place, cache),
    NODE_COMPILE_CACHE_PORTABLE: '1',
  };
  // In the image's own place: the cache goes by the ways from it to the modules.
  const words = [join(import.meta.dirname, 'image/warm.mjs'), join(place, 'app/dist')];
  try {
    if (architecture === here) execFileSync(node, words, { env });
    else execFileSync(emulator, ['-L', runtime, node, ...words], { env });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    process.stderr.write(
      `${architecture}: without compiled code, it starts slower: there is no ${emulator} here\n`,
    );
    return false;
  }
}

function addImage(archive: Archive, architecture: string, work: string): void {
  const processor = processors[architecture]!;
  mkdirSync(work);
  const packages = packagesFor(architecture, work);
  const isHere = architecture === here;
  const node = isHere ? process.execPath : join(packages, `node-linux-${processor.node}/bin/node`);
  const runtime = join(work, 'runtime');
  const program = join(work, 'program');
  fillRuntime(runtime, node, isHere ? librariesHere(node) : librariesOfDebian(node, architecture, work));
  fillProgram(program, packages, processor);
  const isCompiled = compile(runtime, program, architecture);
  archive.add(imageName, [archive.layer(runtime), archive.layer(program)], {
    architecture,
    os: 'linux',
    config: {
      Entrypoint: ['/usr/bin/node', '--disable-warning=ExperimentalWarning', '/app/dist/cli/main.js'],
      Cmd: ['agent'],
      Env: [
        // As the launcher has it: rings are made while the kernel is waited for, many at once.
        'UV_THREADPOOL_SIZE=16',
        ...(isCompiled ? [`NODE_COMPILE_CACHE=${cache}`, 'NODE_COMPILE_CACHE_PORTABLE=1'] : []),
      ],
      Labels: {
        'org.opencontainers.image.title': 'porthole',
        'org.opencontainers.image.version': version,
      },
    },
  } as Parameters<Archive['add']>[2]);
}

/** @returns path of the archive */
export function makeImage(file: string, architectures: readonly string[] = [here]): string {
  for (const name of architectures)
    if (!processors[name])
      throw new Error(
        `no image can be made for '${name}': one of ${Object.keys(processors).join(', ')} is needed`,
      );
  if (!existsSync(join(root, 'src'))) throw new Error('the image is made in a checkout, of its sources');
  const work = mkdtempSync(join(tmpdir(), 'porthole-image-'));
  try {
    const archive = new Archive(work);
    for (const name of architectures) addImage(archive, name, join(work, name));
    archive.write(imageName, resolve(file));
    return resolve(file);
  } finally {
    rmSync(work, { recursive: true });
  }
}

if (import.meta.filename === process.argv[1]) {
  const { values, positionals } = parseArgs({
    options: { arch: { type: 'string' } },
    allowPositionals: true,
  });
  const made = makeImage(positionals[0] ?? 'porthole-agent.tar', values.arch?.split(','));
  process.stdout.write(`${imageName} in ${made}\n`);
}
