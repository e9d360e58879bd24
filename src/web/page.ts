/**
 * Where the page's files come from: a package has them built (`dist/page`); a checkout builds them at the first
 * start and keeps them beside Node's compile cache until a source changes. All of them are read into memory while
 * there are rights to read with.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { type PageFile, pageFile } from './files.ts';

export class PageError extends Error {
  override readonly name = 'CliError';
  readonly hint = 'npm ci in the checkout brings it';
}

export async function loadPage(): Promise<ReadonlyMap<string, PageFile>> {
  const built = resolve(import.meta.dirname, '../page');
  if (existsSync(join(built, 'index.html'))) return tableOf(read(built));
  return tableOf(await ofCheckout(resolve(import.meta.dirname, '../..')));
}

interface Named {
  readonly name: string;
  readonly bytes: Uint8Array;
}

async function ofCheckout(root: string): Promise<Named[]> {
  const place = join(root, 'node_modules/.cache/porthole-page');
  const kept = join(place, stateOf(root));
  if (existsSync(join(kept, 'index.html'))) return read(kept);
  let made: Named[];
  try {
    const { bundle } = await import('./bundle.ts');
    made = await bundle(root);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND')
      throw new PageError(`the page is not built, and what builds it is not installed (esbuild, preact)`);
    throw error;
  }
  keep(place, kept, made);
  return made;
}

/** Names, sizes and times of every source that can be in it: some hundred stat calls. */
function stateOf(root: string): string {
  const hash = createHash('sha256');
  for (const folder of ['web', 'src']) {
    const at = join(root, folder);
    for (const name of (readdirSync(at, { recursive: true }) as string[]).sort()) {
      if (!/\.(tsx?|css|html|svg)$/.test(name) || name.endsWith('.test.ts')) continue;
      const { size, mtimeMs } = statSync(join(at, name));
      hash.update(`${folder}/${name} ${size} ${mtimeMs}\n`);
    }
  }
  hash.update(readFileSync(join(root, 'package-lock.json')));
  return hash.digest('hex').slice(0, 24);
}

/** Older ones go. Where nothing can be written it is built each time. */
function keep(place: string, kept: string, made: readonly Named[]): void {
  try {
    rmSync(place, { recursive: true, force: true });
    const draft = `${kept}.${process.pid}`;
    mkdirSync(draft, { recursive: true });
    for (const { name, bytes } of made) writeFileSync(join(draft, name), bytes);
    renameSync(draft, kept);
  } catch {
    // Somebody else's checkout, or a second start at the same time.
  }
}

function read(folder: string): Named[] {
  return readdirSync(folder).map((name) => ({ name, bytes: readFileSync(join(folder, name)) }));
}

function tableOf(files: readonly Named[]): ReadonlyMap<string, PageFile> {
  return new Map(files.map(({ name, bytes }) => [`/${name}`, pageFile(name, bytes)]));
}
