import { version } from '../version.ts';

export async function run(): Promise<number> {
  process.stdout.write(
    `porthole ${version()} (Node ${process.version}, ${process.platform} ${process.arch})\n`,
  );
  return 0;
}
