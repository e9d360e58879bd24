/** New files in one directory: never over what is there, never through a link. */
import { constants, fchownSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { type SaveSpec, savedName } from './messages.ts';

/** Throws as open(2) fails: EEXIST when there is something of that name; EINVAL for what is no plain name. */
export function openNew({ directory, uid, gid, mode }: SaveSpec, name: string): { fd: number; path: string } {
  if (!savedName.test(name))
    throw Object.assign(new Error(`'${name}' is no plain file name`), { code: 'EINVAL' });
  const path = join(directory, name);
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW = 0 } = constants;
  const fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  if (process.getuid?.() === 0) fchownSync(fd, uid, gid);
  return { fd, path };
}
