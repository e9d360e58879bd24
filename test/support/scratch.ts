import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

/** A directory that is gone when the file's tests are over. */
export function scratch(): string {
  const path = mkdtempSync(join(tmpdir(), 'porthole-test-'));
  after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
