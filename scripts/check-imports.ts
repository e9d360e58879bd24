/** Holds the room table of ARCHITECTURE.md against every import in src/. Exits 1 with a line a breach. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

const src = resolve(import.meta.dirname, '../src');

/** room -> rooms it may import; itself always. '*' = all. capture/sys is a room of its own. */
const rooms: Record<string, readonly string[]> = {
  model: [],
  util: ['model'],
  wire: ['model', 'util'],
  pcap: ['model', 'util'],
  stream: ['model', 'util'],
  target: ['model', 'util'],
  bpf: ['model', 'util'],
  query: ['model', 'util'],
  protobuf: ['model', 'util'],
  redact: ['model', 'util'],
  scrub: ['model', 'util', 'wire', 'redact', 'protocols'],
  remote: ['model', 'util'],
  doctor: ['model', 'util', 'wire'],
  protocols: ['model', 'util'],
  capture: ['model', 'util', 'pcap', 'capture/sys'],
  'capture/sys': ['model', 'util'],
  lookout: ['model', 'util', 'target', 'capture', 'capture/sys'],
  demo: ['util', 'capture/sys'],
  tls: ['model', 'util', 'capture/sys'],
  pipeline: ['model', 'util', 'wire', 'stream', 'protocols'],
  watch: [
    'model',
    'util',
    'target',
    'capture',
    'capture/sys',
    'lookout',
    'tls',
    'bpf',
    'pipeline',
    'wire',
    'stream',
    'pcap',
    'protocols',
  ],
  sinks: ['model', 'util', 'pcap', 'query', 'redact'],
  view: ['model', 'util', 'wire', 'stream', 'pcap', 'query', 'redact', 'scrub', 'sinks'],
  tui: ['model', 'util', 'view', 'sinks'],
  web: ['model', 'util', 'view'],
  agent: ['model', 'util', 'remote'],
  kube: ['model', 'util', 'pcap', 'remote'],
  cli: ['*'],
};
/** Rooms that stay free of I/O, so that they run in a browser too. */
const pure = new Set([
  'model',
  'util',
  'wire',
  'pcap',
  'bpf',
  'stream',
  'protocols',
  'pipeline',
  'query',
  'protobuf',
  'redact',
  'scrub',
  'remote',
  'doctor',
  'view',
]);

function roomOf(file: string): string {
  const parts = relative(src, file).split(sep);
  return parts[0] === 'capture' && parts[1] === 'sys' ? 'capture/sys' : parts[0]!;
}

const breaches: string[] = [];
for (const entry of readdirSync(src, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
  const file = join(entry.parentPath, entry.name);
  const name = relative(src, file);
  const room = roomOf(file);
  const allowed = rooms[room];
  if (!allowed) {
    breaches.push(`src/${name}: room '${room}' is not in the table`);
    continue;
  }
  const isTest = /\.test\.ts$|(^|\/)(fixtures|testing)\//.test(name);
  const text = readFileSync(file, 'utf8');
  for (const match of text.matchAll(
    /(?:^|[\s;])(?:import|export)\s[^'";]*?from\s*'([^']+)'|import\s*\(?\s*'([^']+)'/g,
  )) {
    const specifier = match[1] ?? match[2]!;
    if (!specifier.startsWith('.')) {
      if (pure.has(room) && !isTest) breaches.push(`src/${name}: '${specifier}' in a room without I/O`);
      if (specifier === 'koffi' && room !== 'capture/sys')
        breaches.push(`src/${name}: FFI belongs to capture/sys`);
      continue;
    }
    const to = resolve(dirname(file), specifier);
    if (!to.startsWith(src + sep)) {
      if (!isTest) breaches.push(`src/${name}: '${specifier}' leaves src/`);
      continue;
    }
    const target = roomOf(to);
    if (isTest) continue;
    if (target !== room && !allowed.includes('*') && !allowed.includes(target))
      breaches.push(`src/${name}: ${room} may not import ${target} (${specifier})`);
    if (room === 'protocols' && target === 'protocols') {
      const mine = relative(src, file).split(sep)[1]!;
      const theirs = relative(src, to).split(sep)[1]!;
      if (!mine.endsWith('.ts') && !theirs.endsWith('.ts') && mine !== theirs)
        breaches.push(`src/${name}: a protocol never imports another (${specifier})`);
    }
  }
}
for (const breach of breaches) console.error(breach);
if (breaches.length > 0) process.exit(1);
console.log('imports: every room keeps to its table');
