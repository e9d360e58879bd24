/** The static program of upbeat.c, compiled once per test file into a directory of its own. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { atEnd } from './at-end.ts';

const directories: string[] = [];
atEnd(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

/** A directory that is gone when the process ends. */
export function temporaryDirectory(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), `porthole-${name}-`));
  directories.push(directory);
  return directory;
}

let built: string | undefined;

/** Path of the program. Needs cc and a static C library. */
export function upbeat(): string {
  if (built === undefined) {
    const path = join(temporaryDirectory('upbeat'), 'upbeat');
    const source = resolve(import.meta.dirname, 'upbeat.c');
    execFileSync('cc', ['-static', '-Os', '-s', '-Wall', '-Werror', '-o', path, source]);
    built = path;
  }
  return built;
}
