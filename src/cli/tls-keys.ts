/** Secrets of encrypted connections: what --tls-keylog names, what a capture file brings along. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Decryption } from '../model/index.ts';
import { KeyLog } from '../util/tls/key-log.ts';
import { ciphers } from './ciphers.ts';
import { CliError } from './errors.ts';
import type { OptionRow, Parsed } from './options.ts';

export const tlsRows: readonly OptionRow[] = [
  {
    long: 'tls-keylog',
    value: 'FILE',
    help: 'read what TLS carries with the secrets in it (SSLKEYLOGFILE; followed while it grows)',
  },
];

/** pcapng's type of a TLS key log in a Decryption Secrets Block. */
const tlsKeyLog = 0x544c534b;
/** A program writes its secrets before it sends the first byte with them: between the two there is little time. */
const followMs = 50;
const pieceBytes = 256 * 1024;

export interface TlsKeys {
  /** Undefined while there is no secret and none is awaited: then nothing is kept for them. */
  decryption(): Decryption | undefined;
  /** What a capture file brings along. */
  learn(type: number, bytes: Uint8Array): void;
  /** The key log is looked at while it grows; `onNews` when there was something. */
  follow(onNews: () => void): { stop(): void };
  /** A file is read that was written before: the key log is what it is. */
  settle(): void;
  /** For the end. */
  report(): string[];
}

/** Where nobody has said any. */
export const noKeys: TlsKeys = {
  decryption: () => undefined,
  learn() {},
  follow: () => ({ stop() {} }),
  settle() {},
  report: () => [],
};

/** Opens the file while there are rights to. @throws CliError */
export function tlsKeys(parsed: Parsed): TlsKeys {
  const path = parsed.value('tls-keylog');
  const log = new KeyLog();
  let fd = path === undefined ? undefined : openLog(path);
  const buffer = new Uint8Array(pieceBytes);
  /** @returns whether there was something */
  const readOn = (): boolean => {
    if (fd === undefined) return false;
    let total = 0;
    for (let got = readSync(fd, buffer); got > 0; got = readSync(fd, buffer)) {
      log.feed(buffer.subarray(0, got));
      total += got;
    }
    return total > 0;
  };
  readOn();
  const close = () => {
    if (fd === undefined) return;
    log.end();
    closeSync(fd);
    fd = undefined;
  };
  const decryption: Decryption = {
    ciphers,
    secrets: {
      // It may have been written since it was looked at: connections are often over sooner than that.
      find: (random) => log.find(random) ?? (readOn() ? log.find(random) : undefined),
      watch: (random, wake) => log.watch(random, wake),
      forget: (random) => log.forget(random),
      get isWhole() {
        return log.isWhole;
      },
    },
  };
  return {
    decryption: () => (path === undefined && log.isEmpty ? undefined : decryption),
    learn(type, bytes) {
      if (type !== tlsKeyLog) return;
      log.feed(bytes);
      log.end();
    },
    follow(onNews) {
      if (fd === undefined) return { stop() {} };
      const timer = setInterval(() => {
        if (readOn()) onNews();
      }, followMs).unref();
      return {
        stop() {
          clearInterval(timer);
          readOn();
          close();
        },
      };
    },
    settle: close,
    report() {
      const { secrets, strange, forgotten } = log.counters;
      const lines: string[] = [];
      if (path !== undefined && secrets === 0)
        lines.push(`${path} has no secret of TLS in it: is it the file that SSLKEYLOGFILE names?`);
      if (strange > 0) lines.push(`${strange} lines of key logs were none`);
      if (forgotten > 0) lines.push(`secrets of ${forgotten} connections forgotten: there were too many`);
      return lines;
    },
  };
}

function openLog(path: string): number {
  try {
    const fd = openSync(path, 'r');
    if (!fstatSync(fd).isDirectory()) return fd;
    closeSync(fd);
    throw Object.assign(new Error(), { code: 'EISDIR' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CliError(
      `--tls-keylog ${path}: cannot be read (${code})`,
      code === 'ENOENT'
        ? 'it must be there already: touch it, then start the program with SSLKEYLOGFILE'
        : undefined,
    );
  }
}
