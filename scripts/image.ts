/**
 * Makes the image of the node agent: FROM scratch, with Node, the libraries it names, and Porthole.
 *
 *     npm run image [FILE]        porthole-agent.tar, as `docker load` and `ctr images import` read it
 *
 * Of the architecture it is made on. The same input gives the same bytes.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
export const imageName = `localhost/porthole-agent:${version}`;
const architecture = { x64: 'amd64', arm64: 'arm64' }[process.arch as 'x64'] ?? process.arch;

/** Those that the dynamic loader would take: ldd's lines `name => path (address)` and the loader's own. */
function librariesOf(program: string): string[] {
  return execFileSync('ldd', [program])
    .toString()
    .split('\n')
    .flatMap((line) => /(\/\S+) \(0x/.exec(line)?.[1] ?? []);
}

function put(place: string, path: string, text: string): void {
  mkdirSync(dirname(join(place, path)), { recursive: true });
  writeFileSync(join(place, path), text);
}

function fill(place: string): void {
  const node = process.execPath;
  for (const [from, to] of [[node, '/usr/bin/node'], ...librariesOf(node).map((path) => [path, path])] as [
    string,
    string,
  ][]) {
    mkdirSync(dirname(join(place, to)), { recursive: true });
    copyFileSync(from, join(place, to));
  }
  const app = join(place, 'app');
  mkdirSync(app);
  if (existsSync(join(root, 'src')))
    execFileSync(
      process.execPath,
      [
        join(root, 'node_modules/typescript/bin/tsc'),
        '-p',
        join(root, 'tsconfig.build.json'),
        '--noCheck',
        '--outDir',
        join(app, 'dist'),
      ],
      { stdio: 'inherit', cwd: root },
    );
  else cpSync(join(root, 'dist'), join(app, 'dist'), { recursive: true });
  for (const file of ['package.json', 'LICENSE']) copyFileSync(join(root, file), join(app, file));
  const native = `koffi-linux-${process.arch}`;
  cpSync(join(root, 'node_modules/koffi'), join(app, 'node_modules/koffi'), {
    recursive: true,
    filter: (path) => !/\.(cc|hh?|c|cpp|inc|S|asm|md|txt|def|d\.ts)$/.test(path),
  });
  cpSync(
    join(root, 'node_modules/@koromix', native, `linux_${process.arch}`),
    join(app, 'node_modules/@koromix', native, `linux_${process.arch}`),
    { recursive: true },
  );
  for (const file of readdirSync(join(root, 'node_modules/@koromix', native)))
    if (/\.(json|js)$/.test(file))
      copyFileSync(
        join(root, 'node_modules/@koromix', native, file),
        join(app, 'node_modules/@koromix', native, file),
      );
  put(place, 'etc/passwd', 'root:x:0:0::/:/none\nnobody:x:65534:65534::/:/none\n');
  put(place, 'etc/group', 'root:x:0:\nnogroup:x:65534:\n');
  put(place, 'etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n');
}

/** Order, owners, times and modes fixed: what is in it says what its digest is. */
function tar(directory: string, into: string, names: readonly string[]): void {
  execFileSync('tar', [
    ...['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0', '--mode=go=rX,u+rw,a-s'],
    ...['-C', directory, '-cf', into, ...names],
  ]);
}

/** @returns path of the archive */
export function makeImage(file: string): string {
  const work = mkdtempSync(join(tmpdir(), 'porthole-image-'));
  try {
    const place = join(work, 'root');
    mkdirSync(place);
    fill(place);
    const layer = join(work, 'layer.tar');
    tar(place, layer, readdirSync(place).sort());
    const digest = createHash('sha256').update(readFileSync(layer)).digest('hex');
    put(
      work,
      'config.json',
      JSON.stringify({
        architecture,
        os: 'linux',
        config: {
          Entrypoint: ['/usr/bin/node', '--disable-warning=ExperimentalWarning', '/app/dist/cli/main.js'],
          Cmd: ['agent'],
          // As the launcher has it: rings are made while the kernel is waited for, many at once.
          Env: ['UV_THREADPOOL_SIZE=16'],
          Labels: {
            'org.opencontainers.image.title': 'porthole',
            'org.opencontainers.image.version': version,
          },
        },
        rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
        history: [{ created: '1970-01-01T00:00:00Z', created_by: 'porthole' }],
      }),
    );
    put(
      work,
      'manifest.json',
      JSON.stringify([{ Config: 'config.json', RepoTags: [imageName], Layers: ['layer.tar'] }]),
    );
    tar(work, resolve(file), ['manifest.json', 'config.json', 'layer.tar']);
    return resolve(file);
  } finally {
    rmSync(work, { recursive: true });
  }
}

if (import.meta.filename === process.argv[1]) {
  const made = makeImage(process.argv[2] ?? 'porthole-agent.tar');
  process.stdout.write(`${imageName} in ${made}\n`);
}
