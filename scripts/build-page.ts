/** Puts the web page's files into a folder (dist/page, for the package) and tells their sizes. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { bundle } from '../src/web/bundle.ts';

const root = resolve(import.meta.dirname, '..');
const folder = resolve(root, process.argv[2] ?? 'dist/page');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const { name, bytes } of await bundle(root)) {
  writeFileSync(join(folder, name), bytes);
  console.log(`${name}: ${bytes.length} bytes, ${gzipSync(bytes).length} gzipped`);
}
