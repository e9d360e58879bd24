/**
 * Answers of the Docker Engine API -> Container. Unknown and missing fields are no error: daemons from
 * 2017 to today, and Podman in their clothes, differ in what they tell.
 */
import type { Container, ContainerEvent } from '../runtime.ts';

type Json = Readonly<Record<string, unknown>>;

const object = (value: unknown): Json =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Json) : {};
const string = (value: unknown): string => (typeof value === 'string' ? value : '');
const number = (value: unknown, otherwise: number): number =>
  typeof value === 'number' && Number.isSafeInteger(value) ? value : otherwise;

function labels(value: unknown): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [key, text] of Object.entries(object(value))) found[key] = string(text);
  return found;
}

/** Of every network it is in, IPv4 first. */
function addresses(settings: unknown): string[] {
  const networks = Object.values(object(object(settings)['Networks'])).map(object);
  const v4 = networks.map((n) => string(n['IPAddress']));
  const v6 = networks.map((n) => string(n['GlobalIPv6Address']));
  return [...v4, ...v6].filter((a) => a !== '');
}

/** Unix ms of RFC 3339; the year 1 is Go's way to say never. */
function time(value: unknown): number {
  const at = Date.parse(string(value));
  return Number.isNaN(at) ? 0 : Math.max(at, 0);
}

const plainName = (name: string) => name.replace(/^\//, '');

/** `GET /containers/ID/json`; undefined when it is not about a container. */
export function fromInspect(json: unknown): Container | undefined {
  const top = object(json);
  const id = string(top['Id']);
  if (id === '') return undefined;
  const state = object(top['State']);
  const config = object(top['Config']);
  return {
    runtime: 'docker',
    id,
    name: plainName(string(top['Name'])) || id.slice(0, 12),
    image: string(config['Image']) || string(top['Image']),
    state: string(state['Status']) || (state['Running'] === true ? 'running' : 'exited'),
    pid: Math.max(0, number(state['Pid'], 0)),
    exitCode: number(state['ExitCode'], -1),
    labels: labels(config['Labels']),
    addresses: addresses(top['NetworkSettings']),
    startedAt: time(state['StartedAt']),
  };
}

/** `GET /containers/json`; undefined when it is not a list. */
export function fromList(json: unknown): Container[] | undefined {
  if (!Array.isArray(json)) return undefined;
  const found: Container[] = [];
  for (const item of json.map(object)) {
    const id = string(item['Id']);
    if (id === '') continue;
    // Legacy links add names like `/other/alias`: those are of the other.
    const names = (Array.isArray(item['Names']) ? item['Names'] : []).map((n) => plainName(string(n)));
    found.push({
      runtime: 'docker',
      id,
      name: names.find((n) => n !== '' && !n.includes('/')) ?? id.slice(0, 12),
      image: string(item['Image']),
      state: string(item['State']),
      pid: 0,
      exitCode: Number(/^Exited \((\d+)\)/.exec(string(item['Status']))?.[1] ?? -1),
      labels: labels(item['Labels']),
      addresses: addresses(item['NetworkSettings']),
      startedAt: 0,
    });
  }
  return found;
}

/** One line of `GET /events`; undefined when it is not about a container. */
export function fromEvent(json: unknown): ContainerEvent | undefined {
  const top = object(json);
  if (string(top['Type']) !== 'container') return undefined;
  const actor = object(top['Actor']);
  const id = string(actor['ID']);
  if (id === '') return undefined;
  const { name, exitCode, image = '', ...rest } = labels(actor['Attributes']);
  return {
    runtime: 'docker',
    action: string(top['Action']),
    id,
    name: plainName(name ?? ''),
    image,
    labels: rest,
    exitCode: /^\d+$/.test(exitCode ?? '') ? Number(exitCode) : -1,
    at: Math.round(number(top['time'], 0) * 1000 + (Number(top['timeNano']) % 1e9) / 1e6 || 0),
  };
}
