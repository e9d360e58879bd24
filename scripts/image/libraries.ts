/** The shared libraries that a program names, of this machine's processor or of another. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What Node needs of Debian. */
const packages = ['libc6', 'libstdc++6', 'libgcc-s1'];

/** Those that the dynamic loader would take: ldd's lines `name => path (address)` and the loader's own. */
export function librariesHere(program: string): [from: string, to: string][] {
  return execFileSync('ldd', [program])
    .toString()
    .split('\n')
    .flatMap((line) => /(\/\S+) \(0x/.exec(line)?.[1] ?? [])
    .map((path) => [path, path]);
}

/**
 * Of another processor, from Debian's packages: apt is asked with a state of its own, so that this machine does not
 * come to have foreign packages.
 * @param architecture as Debian calls it
 * @param work a directory for what is fetched
 */
export function librariesOfDebian(
  program: string,
  architecture: string,
  work: string,
): [from: string, to: string][] {
  // Whoever unpacks packages as root lets go of its rights: into a directory that is not root's alone.
  const state = mkdtempSync(join(tmpdir(), 'porthole-apt-'));
  const unpacked = join(work, 'debian');
  try {
    for (const path of ['state/lists/partial', 'cache/archives/partial', 'fetched'])
      mkdirSync(join(state, path), { recursive: true });
    const apt = [
      ...['-o', `Dir::State=${state}/state`, '-o', 'Dir::State::status=/dev/null'],
      ...['-o', `Dir::Cache=${state}/cache`, '-o', 'APT::Sandbox::User=root'],
      ...['-o', `APT::Architecture=${architecture}`, '-o', `APT::Architectures=${architecture}`, '-qq'],
    ];
    const run = (...args: string[]) =>
      execFileSync('apt-get', [...apt, ...args], { cwd: join(state, 'fetched'), stdio: ['ignore', 2, 2] });
    // Sources that have nothing for that processor are no reason to stop: what is missing is told below.
    try {
      run('update');
    } catch {}
    run('download', ...packages);
    for (const file of readdirSync(join(state, 'fetched')))
      execFileSync('dpkg-deb', ['-x', join(state, 'fetched', file), unpacked]);
  } finally {
    rmSync(state, { recursive: true });
  }
  return needed(program, unpacked);
}

/** The program's interpreter, and what it and the libraries name, by what is in `unpacked`. */
function needed(program: string, unpacked: string): [from: string, to: string][] {
  const folders = ['lib', 'usr/lib'].flatMap((folder) => {
    const inside = join(unpacked, folder);
    if (!existsSync(inside)) return [];
    return ['', ...readdirSync(inside).filter((name) => name.endsWith('-linux-gnu'))].map((name) =>
      join(folder, name),
    );
  });
  const found = new Map<string, [string, string]>();
  const take = (file: string) => {
    const { interpreter, libraries } = linking(readFileSync(file));
    if (interpreter !== '') found.set(interpreter, [join(unpacked, interpreter), interpreter]);
    for (const name of libraries) {
      if (found.has(name)) continue;
      const folder = folders.find((folder) => existsSync(join(unpacked, folder, name)));
      if (folder === undefined)
        throw new Error(`${name}, which ${file} needs, is in none of ${packages.join(', ')}`);
      const from = join(unpacked, folder, name);
      found.set(name, [from, `/${join(folder, name)}`]);
      take(from);
    }
  };
  take(program);
  return [...found.values()];
}

/** elf(5): program headers, then the dynamic section's entries. 64 bits, little-endian. */
function linking(elf: Buffer): { interpreter: string; libraries: string[] } {
  const number = (at: number) => Number(elf.readBigUInt64LE(at));
  const textAt = (at: number) => elf.toString('latin1', at, elf.indexOf(0, at));
  const headers = Array.from({ length: elf.readUInt16LE(0x38) }, (_, i) => {
    const at = number(0x20) + i * elf.readUInt16LE(0x36);
    return {
      type: elf.readUInt32LE(at),
      offset: number(at + 8),
      address: number(at + 16),
      size: number(at + 32),
    };
  });
  const placeOf = (address: number) => {
    const segment = headers.find(
      (h) => h.type === 1 && address >= h.address && address < h.address + h.size,
    )!;
    return address - segment.address + segment.offset;
  };
  const interpreter = headers.find(({ type }) => type === 3);
  const dynamic = headers.find(({ type }) => type === 2);
  const entries = Array.from({ length: (dynamic?.size ?? 0) / 16 }, (_, i) => {
    const at = dynamic!.offset + 16 * i;
    return { tag: number(at), value: number(at + 8) };
  });
  const strings = entries.find(({ tag }) => tag === 5);
  return {
    interpreter: interpreter ? textAt(interpreter.offset) : '',
    libraries: entries
      .filter(({ tag }) => tag === 1)
      .map(({ value }) => textAt(placeOf(strings!.value) + value)),
  };
}
