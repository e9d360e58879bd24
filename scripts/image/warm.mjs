/**
 * Loads what the agent's processes load, so that Node keeps it compiled (NODE_COMPILE_CACHE): runs in the image's own
 * Node, with the directory of the bundle as its argument.
 */
import { readdirSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { join, resolve } from 'node:path';

const chunks = join(resolve(process.argv[2]), 'chunks');
for (const name of readdirSync(chunks))
  await import(join(chunks, name)).catch((error) => {
    // A chunk of commands that agents are not: its packages are not in the image.
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  });
flushCompileCache();
