/** `porthole demo`: a container of our own, watched. */

import { startDemo } from '../../demo/index.ts';
import { requireCapabilities } from '../../watch/index.ts';
import { run as watch } from './watch.ts';

const help = `Starts a container of its own (a network namespace with a client and a server in it, nothing on disk)
that talks HTTP and DNS, and watches it. Everything is gone when it ends.

Usage: porthole demo [OPTIONS OF watch] [FILTER]

Examples:
  porthole demo
  porthole demo -v port 53
  porthole demo -c 200 -w demo.pcapng
`;

export async function run(argv: string[]): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(help);
    return 0;
  }
  requireCapabilities();
  const demo = await startDemo();
  process.stderr.write(`porthole: a demo container is up: porthole watch pid:${demo.pid}\n`);
  try {
    return await watch([`pid:${demo.pid}`, ...argv]);
  } finally {
    demo.stop();
  }
}
