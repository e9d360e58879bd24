/**
 * From the start of the command to the first packet captured, finding the container included: `porthole
 * watch NAME` beside the recipe it replaces (docker inspect, nsenter, tcpdump). The time of the packet is the
 * kernel's; a client keeps asking, so that there is always one on its way.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { startDocker } from '../test/support/docker.ts';
import { launcher } from '../test/support/porthole.ts';
import type { MeasureOptions, Row } from './lib/measure.ts';

export const name = 'start';

const limitMs = 250;

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** Unix ms of the first record of a classic pcap file of this machine's byte order, microseconds. */
function firstPacketMs(pcap: Buffer): number {
  return pcap.readUInt32LE(24) * 1000 + pcap.readUInt32LE(28) / 1000;
}

export async function run({ quick, note }: MeasureOptions): Promise<Row[]> {
  const docker = await startDocker();
  try {
    docker.start('upbeat', ['--ip', `${docker.prefix}.10`], 'serve', '8000');
    docker.start('caller', [], 'call', `${docker.prefix}.10`, '8000', '/file.txt', '1');
    const env = { ...process.env, ...docker.env };
    const once = (command: string, args: string[]) => {
      const began = performance.timeOrigin + performance.now();
      const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
      return firstPacketMs(execFileSync(command, args, { env, stdio })) - began;
    };
    const watch = () => once(launcher, ['watch', 'upbeat', '-c', '1', '-w', '-', '--format', 'pcap']);
    const recipe = () =>
      once('sh', [
        '-c',
        `exec nsenter -t "$(docker inspect --format '{{.State.Pid}}' upbeat)" -n tcpdump -i eth0 -c 1 -w -`,
      ]);
    watch(); // Node keeps what it compiled
    const rounds = quick ? 3 : 10;
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let i = 0; i < rounds; i++) {
      ours.push(watch());
      theirs.push(recipe());
    }
    note(`porthole: ${ours.map((ms) => ms.toFixed(0)).join(' ')} ms`);
    const { stderr } = spawnSync(launcher, ['watch', 'upbeat', '-c', '1'], {
      env: { ...env, PORTHOLE_TIMING: '1' },
      encoding: 'utf8',
    });
    for (const line of stderr.split('\n')) if (line.startsWith('timing:')) note(line);
    const middle = median(ours);
    return [
      {
        measure: 'command start to first packet, median',
        porthole: `${middle.toFixed(0)} ms`,
        peer: `docker inspect, nsenter, tcpdump: ${median(theirs).toFixed(0)} ms`,
        ratio: middle / median(theirs),
        target: `<= ${limitMs} ms`,
        met: middle <= limitMs,
      },
    ];
  } finally {
    await docker.stop();
  }
}
