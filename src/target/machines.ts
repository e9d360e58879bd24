/**
 * systemd-nspawn and LXC: containers without a daemon to ask. The cgroup of their processes has the name:
 * machine.slice of systemd-machined(8), lxc.payload of lxc.container.conf(5).
 */
import { pick } from './cri/pods.ts';
import { type PollOptions, pollEvents } from './poll.ts';
import { eldest, listPids } from './proc/scan.ts';
import { parseCgroups, readProc, readStat, startedAt } from './proc/stat.ts';
import type { Container, ContainerEvent, Runtime, Subscription } from './runtime.ts';

export interface Machine {
  readonly kind: 'systemd-nspawn' | 'lxc';
  readonly name: string;
  /** The part of the cgroup's path that names it. */
  readonly cgroup: string;
}

const forms: readonly { readonly kind: Machine['kind']; readonly path: RegExp }[] = [
  { kind: 'systemd-nspawn', path: /\/machine\.slice\/(machine-(.+?)\.scope)(?:\/|$)/ },
  { kind: 'systemd-nspawn', path: /\/machine\.slice\/(systemd-nspawn@(.+?)\.service)(?:\/|$)/ },
  { kind: 'lxc', path: /\/(lxc\.payload[./]([^/]+))(?:\/|$)/ },
  { kind: 'lxc', path: /\/(lxc\/([^/]+))(?:\/|$)/ },
];

/** Unit names escape what is not a letter, digit, `:`, `_` or `.` as \xNN, and `/` as `-`: systemd.unit(5). */
const unescapeUnit = (name: string) =>
  name.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** From the text of /proc/PID/cgroup; undefined for a process of none. */
export function machineOf(cgroups: string): Machine | undefined {
  for (const path of parseCgroups(cgroups))
    for (const form of forms) {
      const match = form.path.exec(path);
      if (match)
        return {
          kind: form.kind,
          name: form.kind === 'lxc' ? match[2]! : unescapeUnit(match[2]!),
          cgroup: match[1]!,
        };
    }
  return undefined;
}

export class Machines implements Runtime {
  readonly name = 'machine';
  private readonly poll: PollOptions;

  constructor(poll: PollOptions = {}) {
    this.poll = poll;
  }

  async find(nameOrId: string): Promise<Container | undefined> {
    return pick(await this.list(), nameOrId);
  }

  async list(): Promise<Container[]> {
    const members = new Map<string, { machine: Machine; pids: number[] }>();
    for (const pid of listPids()) {
      const machine = machineOf(readProc(pid, 'cgroup') ?? '');
      if (!machine) continue;
      const known = members.get(machine.cgroup);
      if (known) known.pids.push(pid);
      else members.set(machine.cgroup, { machine, pids: [pid] });
    }
    return [...members.values()].flatMap(({ machine, pids }) => {
      const pid = eldest(pids);
      const stat = readStat(pid);
      if (!stat) return [];
      return {
        runtime: this.name,
        id: machine.cgroup,
        name: machine.name,
        image: machine.kind,
        state: 'running',
        pid,
        exitCode: -1,
        labels: {},
        addresses: [],
        startedAt: startedAt(stat.startTime),
      };
    });
  }

  watchEvents(
    onEvent: (event: ContainerEvent) => void,
    onEnd: (reason: Error) => void = () => {},
  ): Promise<Subscription> {
    return pollEvents(this, onEvent, onEnd, this.poll);
  }
}
