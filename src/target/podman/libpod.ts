/** Podman's own database: bolt_state.db, and db.sql since Podman 4.8. Read, never written or locked. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Container } from '../runtime.ts';
import { BoltError, openBolt, transactionOf } from './bolt.ts';

type Json = Readonly<Record<string, unknown>>;

/** libpod/define/containerstate.go */
const states = [
  'unknown',
  'created',
  'created',
  'running',
  'exited',
  'paused',
  'exited',
  'exited',
  'running',
] as const;

/** A container's configuration takes some 10 KiB: a file larger than this is not read on the way to a packet. */
const fileBytesMax = 256 * 1024 * 1024;
/** How often a file that is written meanwhile is read again. */
const attemptsMax = 3;

export const databasesOf = (root: string) => [
  join(root, 'db.sql'),
  join(root, 'libpod', 'db.sql'),
  join(root, 'libpod', 'bolt_state.db'),
];

/**
 * Containers of one storage; undefined when it has no database that we can read. `isTrusted` is asked for
 * the owner of a db.sql: what an SQL library is made to do with a file is not for anybody to choose.
 */
export async function readLibpod(
  root: string,
  isTrusted: (uid: number) => boolean,
): Promise<Container[] | undefined> {
  for (const path of databasesOf(root)) {
    const file = statSync(path, { throwIfNoEntry: false });
    // To open a FIFO would wait for ever.
    if (!file?.isFile() || file.size > fileBytesMax) continue;
    if (path.endsWith('.sql') && !isTrusted(file.uid)) continue;
    try {
      return path.endsWith('.sql') ? await readSqlite(path) : readBolt(path);
    } catch {
      // No permission, a file of another version, one that is being written all the time: the
      // processes still tell what runs.
    }
  }
  return undefined;
}

function readBolt(path: string): Container[] {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const file = readFileSync(path);
    // Pages that a newer transaction freed may be written over while we read.
    if (transactionOf(file) !== transactionOf(readFileSync(path))) continue;
    const all = openBolt(file).bucket('ctr');
    return (all?.buckets() ?? []).flatMap((id) => {
      const one = all?.bucket(id);
      return fromLibpod(parse(one?.get('config')), parse(one?.get('state'))) ?? [];
    });
  }
  throw new BoltError('written all the time');
}

async function readSqlite(path: string): Promise<Container[]> {
  const { DatabaseSync } = await import('node:sqlite');
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const rows = database
      .prepare(
        'SELECT c.JSON AS config, s.JSON AS state FROM ContainerConfig c LEFT JOIN ContainerState s ON s.ID = c.ID',
      )
      .all();
    return rows.flatMap((row) => fromLibpod(parse(row['config']), parse(row['state'])) ?? []);
  } finally {
    database.close();
  }
}

function parse(value: unknown): Json {
  try {
    const json: unknown = JSON.parse(Buffer.isBuffer(value) ? value.toString('utf8') : String(value ?? '{}'));
    return json !== null && typeof json === 'object' ? (json as Json) : {};
  } catch {
    return {};
  }
}

const string = (value: unknown) => (typeof value === 'string' ? value : '');
const number = (value: unknown) => (typeof value === 'number' && Number.isSafeInteger(value) ? value : 0);

/** libpod's ContainerConfig and ContainerState, as JSON; undefined when it is no container. */
export function fromLibpod(config: Json, state: Json): Container | undefined {
  const id = string(config['id']);
  if (id === '') return undefined;
  const labels = Object.entries(config['labels'] ?? {}).map(([key, value]) => [key, string(value)] as const);
  const word = states[number(state['state'])] ?? 'unknown';
  const started = Date.parse(string(state['startedTime']));
  return {
    runtime: 'podman',
    id,
    name: string(config['name']) || id.slice(0, 12),
    image: string(config['rootfsImageName']),
    state: word,
    pid: word === 'running' || word === 'paused' ? Math.max(0, number(state['pid'])) : 0,
    exitCode: word === 'exited' ? number(state['exitCode']) : -1,
    labels: Object.fromEntries(labels),
    addresses: [],
    startedAt: Number.isNaN(started) ? 0 : Math.max(0, started),
  };
}
