import { readFileSync } from 'node:fs';

export async function run(): Promise<number> {
  const url = new URL('../../../package.json', import.meta.url);
  const { version } = JSON.parse(readFileSync(url, 'utf8')) as { version: string };
  process.stdout.write(
    `porthole ${version} (Node ${process.version}, ${process.platform} ${process.arch})\n`,
  );
  return 0;
}
