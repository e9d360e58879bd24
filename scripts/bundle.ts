/**
 * Puts what a process loads into few files: to open and link some hundred modules takes longer than what they do first.
 *
 *     sh scripts/node.sh scripts/bundle.ts DIRECTORY       DIRECTORY/cli/main.js and the other processes' first modules
 *
 * What is loaded late stays apart, in DIRECTORY/chunks. Packages are not taken in.
 */
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';

const root = resolve(import.meta.dirname, '..');

/** First module of each process, as src/util/program.ts finds it. */
const programs = ['cli/main', 'capture/opener/main', 'lookout/main', 'demo/container', 'demo/client'];

export function bundle(into: string): void {
  rmSync(join(into, 'chunks'), { recursive: true, force: true });
  buildSync({
    absWorkingDir: root,
    entryPoints: programs.map((name) => `src/${name}.ts`),
    outbase: 'src',
    outdir: resolve(into),
    // Modules look for what lies beside them from one folder below the root: see src/util/program.ts.
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    packages: 'external',
    legalComments: 'none',
    logLevel: 'warning',
  });
}

if (import.meta.filename === process.argv[1]) bundle(process.argv[2] ?? 'dist');
