/** Every fuzzer for a moment, always the same cases first; `npm run fuzz` goes on with others. */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

const folder = resolve(import.meta.dirname, '../fuzz');
/** Of each. A case that does not end is a find after some seconds more. */
const seconds = 1.5;

for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts') && name !== 'run.ts'))
  test(`fuzz: ${file.slice(0, -3)}`, async () => {
    const args = [join(folder, 'run.ts'), file.slice(0, -3), '--seconds', String(seconds), '--seed', '1'];
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args]);
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        text += chunk;
      });
    const status = await new Promise((done) => child.on('close', done));
    if (status !== 0) throw new Error(text);
  });
