/** Which daemon is meant: DOCKER_HOST, then the context, then the known sockets; as the docker command. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TargetError } from '../errors.ts';
import type { Address } from './http.ts';

export interface Endpoint {
  readonly address: Address;
  /** As a URL, for people. */
  readonly url: string;
  /** Who said so, for people: `DOCKER_HOST`, `the docker context 'rootless'`; '' for a known place. */
  readonly origin: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Home directories to look for a docker configuration in: ours, then that of who called sudo. */
export function homes(env: Environment, passwd = '/etc/passwd'): string[] {
  const found = env['HOME'] ? [env['HOME']] : [];
  const uid = env['SUDO_UID'];
  if (uid !== undefined && uid !== '0') {
    let text = '';
    try {
      text = readFileSync(passwd, 'utf8');
    } catch {}
    // passwd(5): name:password:uid:gid:gecos:directory:shell
    const fields = text
      .split('\n')
      .map((line) => line.split(':'))
      .find((f) => f[2] === uid);
    if (fields?.[5] && !found.includes(fields[5])) found.push(fields[5]);
  }
  return found;
}

/** Sockets a daemon is known to listen on, first the one that the docker command takes. */
export function knownSockets(env: Environment): string[] {
  const sockets = ['/var/run/docker.sock'];
  // Rootless dockerd listens in its user's runtime directory.
  const uid = env['SUDO_UID'] ?? process.getuid?.();
  if (env['XDG_RUNTIME_DIR']) sockets.push(join(env['XDG_RUNTIME_DIR'], 'docker.sock'));
  if (uid !== undefined) sockets.push(`/run/user/${uid}/docker.sock`);
  return [...new Set(sockets)];
}

/**
 * Throws TargetError for a setting that names no daemon we can ask; never because nothing listens.
 * `home` is a list of home directories, see `homes`.
 */
export function findEndpoint(env: Environment, home: readonly string[] = homes(env)): Endpoint {
  const host = env['DOCKER_HOST'];
  if (host) return parseHost(host, 'DOCKER_HOST', Boolean(env['DOCKER_TLS_VERIFY']));
  const directories = env['DOCKER_CONFIG'] ? [env['DOCKER_CONFIG']] : home.map((h) => join(h, '.docker'));
  let missing: { name: string; directory: string } | undefined;
  for (const directory of directories) {
    const name = env['DOCKER_CONTEXT'] || currentContext(directory);
    if (name === '' || name === 'default') continue;
    const host = contextHost(directory, name);
    if (host !== undefined) return parseHost(host, `the docker context '${name}'`, false);
    missing ??= { name, directory };
  }
  if (missing)
    throw new TargetError(
      'no-runtime',
      `the docker context '${missing.name}' is not defined in ${join(missing.directory, 'contexts')}`,
      "'docker context ls' lists what there is; DOCKER_HOST=unix:///PATH names a socket directly",
    );
  const sockets = knownSockets(env);
  return unix(sockets.find((path) => existsSync(path)) ?? sockets[0]!, '');
}

/** The daemon's address when it is asked over TCP. */
export function daemonAddress(
  env: Environment,
): { readonly host: string; readonly port: number } | undefined {
  try {
    const { address } = findEndpoint(env);
    return 'host' in address ? address : undefined;
  } catch (error) {
    if (error instanceof TargetError) return undefined;
    throw error;
  }
}

/** A socket by its path. */
export function unix(path: string, origin: string): Endpoint {
  return { address: { path }, url: `unix://${path}`, origin };
}

function parseHost(value: string, origin: string, tls: boolean): Endpoint {
  const here = 'Porthole watches containers of this host: name its socket with DOCKER_HOST=unix:///PATH';
  const [, scheme, rest] = /^(?:([a-z]+):\/\/)?(.*)$/s.exec(value)!;
  if (scheme === 'unix' || (scheme === undefined && value.startsWith('/')))
    return unix(rest || '/var/run/docker.sock', origin);
  if (scheme === 'ssh')
    throw new TargetError(
      'elsewhere',
      `${origin} is ${value}: a daemon behind ssh is on another host`,
      `${here}, or run porthole on that host`,
    );
  if (scheme !== undefined && scheme !== 'tcp' && scheme !== 'http')
    throw new TargetError(
      'no-runtime',
      `${origin} is ${value}: '${scheme}://' is not supported, only unix:// and plain tcp://`,
      here,
    );
  if (tls)
    throw new TargetError(
      'no-runtime',
      `${origin} is ${value} with DOCKER_TLS_VERIFY: TLS to the daemon is not supported`,
      here,
    );
  // docker takes host, host:port and [v6]:port; 2375 is the port registered for plain text.
  const parts = /^(\[[0-9a-fA-F:.]+\]|[^:/]*)(?::(\d{1,5}))?\/?$/.exec(rest!);
  const port = Number(parts?.[2] ?? 2375);
  if (!parts || port < 1 || port > 65535)
    throw new TargetError('no-runtime', `${origin} is '${value}': not an address of a daemon`, here);
  const host = parts[1]!.replace(/^\[|\]$/g, '') || '127.0.0.1';
  return { address: { host, port }, url: `tcp://${parts[1] || '127.0.0.1'}:${port}`, origin };
}

function readJson(path: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function currentContext(directory: string): string {
  const name = readJson(join(directory, 'config.json'))?.['currentContext'];
  return typeof name === 'string' ? name : '';
}

/** `contexts/meta/<hash of the name>/meta.json` holds `Endpoints.docker.Host`. */
function contextHost(directory: string, name: string): string | undefined {
  const meta = join(directory, 'contexts', 'meta');
  let entries: string[] = [];
  try {
    entries = readdirSync(meta);
  } catch {}
  for (const entry of entries) {
    const context = readJson(join(meta, entry, 'meta.json'));
    if (context?.['Name'] !== name) continue;
    const endpoints = context['Endpoints'] as { docker?: { Host?: unknown } } | undefined;
    const host = endpoints?.docker?.Host;
    if (typeof host === 'string') return host;
  }
  return undefined;
}
