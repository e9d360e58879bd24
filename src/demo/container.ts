/** First process of the demo container: makes the namespace, serves HTTP and DNS, starts the client. */
import { spawn } from 'node:child_process';
import { bringUpLoopback, isolateNetwork } from '../capture/sys/index.ts';
import { programPath } from '../util/program.ts';
import { addresses } from './addresses.ts';
import { serveDns } from './dns-server.ts';
import { serveHttp } from './http-server.ts';

// What /proc/PID/comm says, and so what the target is called.
process.title = 'upbeat';
isolateNetwork();
bringUpLoopback(Object.values(addresses));
await serveDns();
await serveHttp();

const client = spawn(
  process.execPath,
  [...process.execArgv, programPath('demo/client')],
  // Its stdin is our end of a pipe: it ends when we do, whatever happens to us.
  { stdio: ['pipe', 'ignore', 'inherit'] },
);
const end = () => {
  client.kill('SIGKILL');
  process.exit(0);
};
process.stdin.resume();
process.stdin.once('end', end);
process.stdin.once('error', end);
process.once('SIGTERM', end);
process.stdout.write('ready\n');
