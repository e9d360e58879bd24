/** A HAR file in a capture's place, for views that show entries: there are no packets in it. */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import type { PacketSource } from '../model/index.ts';
import { CliError } from './errors.ts';

/** A text is parsed as a whole: several times its size is taken meanwhile. */
const maxBytes = 512 * 1024 * 1024;
const none = { captured: 0, received: 0, dropped: 0, freezes: 0, snaplenCut: 0, duplicates: 0 };

export interface HarSource extends PacketSource {
  begin(): Promise<void>;
  names(): [string, string][];
  readonly damage: string;
}

/**
 * Opens it while there are rights to.
 * @param tell gets the text. Throws an Error for people when it is none
 * @returns undefined: it does not begin as JSON does, which no capture file does
 */
export function harSource(path: string, tell: (text: string) => void): HarSource | undefined {
  if (path === '-') return undefined;
  const fd = openSync(path, 'r');
  const head = Buffer.alloc(64);
  const isJson =
    fstatSync(fd).isFile() && /^\ufeff?\s*\{/.test(head.toString('utf8', 0, readSync(fd, head, 0, 64, 0)));
  if (!isJson) {
    closeSync(fd);
    return undefined;
  }
  return {
    damage: '',
    names: () => [],
    async begin() {
      const { size } = fstatSync(fd);
      if (size > maxBytes)
        throw new CliError(`${path} has ${size} bytes: of a HAR file at most ${maxBytes} are read`);
    },
    async run(out) {
      try {
        tell(readFileSync(fd, 'utf8'));
      } catch (error) {
        if ((error as Error).name !== 'HarError') throw error;
        throw new CliError(`${path}: ${(error as Error).message}`);
      } finally {
        closeSync(fd);
      }
      await out.batch();
    },
    stop() {},
    counters: () => ({ ...none }),
  };
}
