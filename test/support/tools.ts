/** Programs the tests compare with. A test that needs one that is not there skips and says so; in CI it fails. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { skipBecause } from './need.ts';

/** false = it is there: for `test(name, { skip: missing('tshark') }, ...)`. */
export function missing(...programs: readonly string[]): string | false {
  const places = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  const absent = programs.filter((name) => !places.some((place) => existsSync(join(place, name))));
  return skipBecause(absent.map((name) => `needs ${name}`));
}

/** stdout of a program that must end well. Names are not looked up anywhere: nothing leaves the machine. */
export function run(program: string, args: readonly string[], input?: Uint8Array): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 1024 * 1024 * 1024,
    env: { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC' },
    ...(input ? { input } : {}),
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: status ${status}\n${stderr}`);
  return stdout;
}

/** Rows of `tshark -T fields`. */
export function tsharkFields(
  file: string,
  fields: readonly string[],
  options: readonly string[] = [],
): string[][] {
  const text = run('tshark', [
    ...[
      '-n',
      '-r',
      file,
      '-T',
      'fields',
      '-E',
      'separator=/t',
      '-E',
      'occurrence=a',
      '-E',
      'aggregator=\x1f',
    ],
    ...options,
    ...fields.flatMap((field) => ['-e', field]),
  ]);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
}
