/**
 * Reads a bbolt file, the database Podman kept before version 5 (bolt_state.db): a B+tree of pages that are
 * never changed in place, so that it can be read beside a writer. Nothing here writes or locks.
 * Layout: go.etcd.io/bbolt page.go, bucket.go, db.go; all numbers are in the order of the machine (little).
 */

/** Not a bolt file, or damaged. */
export class BoltError extends Error {
  override readonly name = 'BoltError';
}

const MAGIC = 0xed0cdaed;
const VERSION = 2;
const pageHeaderBytes = 16;
const branchFlag = 0x01;
const leafFlag = 0x02;
const bucketLeafFlag = 0x01;
/** A file, and how many of its pages may still be looked at. */
interface Pages {
  readonly file: Buffer;
  readonly pageSize: number;
  /** Each page has one parent: whoever needs more looks than there are pages goes round in circles. */
  left: number;
}

export interface Bucket {
  /** Value of a key; undefined for none, and for a bucket of that name. */
  get(key: string): Buffer | undefined;
  bucket(name: string): Bucket | undefined;
  /** Names of the buckets in it. */
  buckets(): string[];
}

interface Item {
  readonly isBucket: boolean;
  readonly value: Buffer;
}

/** Throws BoltError. */
export function openBolt(file: Buffer): Bucket {
  const { pageSize, root } = newestMeta(file);
  const pages = { file, pageSize, left: Math.ceil(file.length / pageSize) };
  return bucketAt(pages, pageAt(pages, root));
}

/** Counts up with every change: the same before and after a read means that it was of one piece. */
export function transactionOf(file: Buffer): bigint {
  return newestMeta(file).transaction;
}

function newestMeta(file: Buffer): { pageSize: number; root: number; transaction: bigint } {
  const found = [0, metaAt(file, 0)?.pageSize ?? 4096]
    .map((at) => metaAt(file, at))
    .filter((meta) => meta !== undefined)
    .sort((a, b) => Number(b.transaction - a.transaction));
  if (!found[0]) throw new BoltError('not a bolt file');
  return found[0];
}

function metaAt(file: Buffer, at: number) {
  const meta = at + pageHeaderBytes;
  if (file.length < meta + 64) return undefined;
  if (file.readUInt32LE(meta) !== MAGIC || file.readUInt32LE(meta + 4) !== VERSION) return undefined;
  const pageSize = file.readUInt32LE(meta + 8);
  if (pageSize < 512 || pageSize > 1 << 20) return undefined;
  return {
    pageSize,
    root: Number(file.readBigUInt64LE(meta + 16)),
    transaction: file.readBigUInt64LE(meta + 48),
  };
}

function pageAt(pages: Pages, id: number): Buffer {
  const { file, pageSize } = pages;
  if (pages.left-- <= 0) throw new BoltError('pages go round in a circle');
  const at = id * pageSize;
  if (!Number.isSafeInteger(at) || at + pageHeaderBytes > file.length)
    throw new BoltError('a page is missing');
  const overflow = file.readUInt32LE(at + 12);
  return file.subarray(at, at + (overflow + 1) * pageSize);
}

function bucketAt(pages: Pages, root: Buffer): Bucket {
  const items = new Map<string, Item>();
  collect(pages, root, items);
  return {
    get(key) {
      const item = items.get(key);
      return item && !item.isBucket ? item.value : undefined;
    },
    buckets: () => [...items].filter(([, item]) => item.isBucket).map(([name]) => name),
    bucket(name) {
      const item = items.get(name);
      if (!item?.isBucket) return undefined;
      if (item.value.length < 16) throw new BoltError('a bucket is cut short');
      const id = Number(item.value.readBigUInt64LE(0));
      // A small bucket lies in its parent: the page follows the header.
      return bucketAt(pages, id === 0 ? item.value.subarray(16) : pageAt(pages, id));
    },
  };
}

function collect(pages: Pages, page: Buffer, into: Map<string, Item>): void {
  if (page.length < pageHeaderBytes) throw new BoltError('a page is cut short');
  const flags = page.readUInt16LE(8);
  const count = page.readUInt16LE(10);
  if (page.length < pageHeaderBytes + count * 16) throw new BoltError('a page is cut short');
  if ((flags & (branchFlag | leafFlag)) === 0) throw new BoltError(`a page of type ${flags}`);
  for (let i = 0; i < count; i++) {
    const element = pageHeaderBytes + i * 16;
    if (flags & branchFlag) {
      collect(pages, pageAt(pages, Number(page.readBigUInt64LE(element + 8))), into);
      continue;
    }
    const key = element + page.readUInt32LE(element + 4);
    const value = key + page.readUInt32LE(element + 8);
    const end = value + page.readUInt32LE(element + 12);
    if (end > page.length) throw new BoltError('an entry is cut short');
    into.set(page.toString('utf8', key, value), {
      isBucket: (page.readUInt32LE(element) & bucketLeafFlag) !== 0,
      value: page.subarray(value, end),
    });
  }
}
