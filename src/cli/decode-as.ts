/** --decode-as PORT=PROTOCOL: what a port speaks, said instead of found. */
import { UsageError } from './errors.ts';
import type { OptionRow, Parsed } from './options.ts';

export const decodeAsRow: OptionRow = {
  long: 'decode-as',
  value: 'PORT=PROTOCOL',
  repeat: true,
  help: 'take what is on that port for PROTOCOL, whatever it looks like',
};

/** port -> name of a protocol. @throws UsageError */
export async function decodeAs(parsed: Parsed): Promise<ReadonlyMap<number, string>> {
  const texts = parsed.values('decode-as').flatMap((text) => text.split(','));
  const ports = new Map<number, string>();
  if (texts.length === 0) return ports;
  const { protocols } = await import('../protocols/registry.ts');
  for (const text of texts) {
    const [, port = '', name = ''] = /^(\d{1,5})[=:,]([\w-]+)$/.exec(text) ?? [];
    if (!(Number(port) >= 1 && Number(port) <= 65_535))
      throw new UsageError(`--decode-as ${text}: PORT=PROTOCOL is needed, like 8081=http`);
    if (!protocols.some((p) => p.name === name))
      throw new UsageError(
        `--decode-as ${text}: no protocol is called '${name}'`,
        `one of ${protocols.map((p) => p.name).join(', ')}`,
      );
    ports.set(Number(port), name);
  }
  return ports;
}
