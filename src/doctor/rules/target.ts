/** Why what was typed as TARGET cannot be watched, and what its namespace is like. */
import type { Facts, NamespaceFacts, RefusalFacts, RuntimeFacts } from '../facts.ts';
import { type Code, type Finding, finding, type Severity } from '../finding.ts';
import { count, list } from '../words.ts';

const runtimeCodes: Readonly<Record<string, Code>> = {
  permission: 'runtime-permission',
  'no-answer': 'runtime-no-answer',
  'no-runtime': 'runtime-missing',
};

const targetCodes: Readonly<Record<string, Code>> = {
  unknown: 'target-unknown',
  ambiguous: 'target-ambiguous',
  'not-running': 'target-not-running',
  gone: 'target-ended',
  elsewhere: 'target-elsewhere',
  permission: 'target-permission',
  usage: 'target-spec',
  'host-network': 'host-network',
  'netns-file': 'netns-file',
};

export function refusalRules({ runtimes, refusal, request }: Facts): Finding[] {
  const failing = runtimes.filter((r) => r.failure);
  // Nothing installed is no fault of the machine.
  if (!request)
    return failing.map((r) => runtimeFinding(r, r.failure!.kind === 'no-runtime' ? 'warning' : 'error'));
  if (!refusal) return [];
  // A name nobody knows may be known to one that does not answer; any other refusal is the answer of one that does.
  const isOpen = refusal.kind === 'unknown' || refusal.kind in runtimeCodes;
  const blamed = isOpen ? failing.map((r) => runtimeFinding(r, 'error')) : [];
  const isSaid = failing.some(({ failure }) => refusal.message.includes(failure!.message));
  return [...blamed, ...(blamed.length > 0 && isSaid ? [] : [refused(refusal)])];
}

function refused({ kind, message, hint }: RefusalFacts): Finding {
  const code = targetCodes[kind] ?? runtimeCodes[kind] ?? 'target-unknown';
  if (kind === 'host-network')
    return finding('error', code, "host network: its traffic is on the host's interfaces, use --host", {
      advice: '--host narrows it to the ports of its own, --host-all shows everything on the host',
    });
  return finding('error', code, message, { advice: hint });
}

function runtimeFinding({ name, place, failure, ms }: RuntimeFacts, severity: Severity): Finding {
  const { kind, message, hint } = failure!;
  return finding(severity, runtimeCodes[kind] ?? 'runtime-no-answer', message, {
    advice: hint,
    evidence: { runtime: name, place, ms: Math.round(ms) },
  });
}

/** Of a container that was found: runtimes that fail are good to know, for they may have more that match. */
export function otherRuntimes({ runtimes, request, refusal, namespaces }: Facts): Finding[] {
  const isContainer = namespaces.some((ns) => ns.targets.some((t) => !/^(netns|pid|host)$/.test(t.runtime)));
  if (!request || refusal || !isContainer) return [];
  return runtimes
    .filter((r) => r.failure && r.failure.kind !== 'no-runtime')
    .map((r) => runtimeFinding(r, 'note'));
}

export function namespaceRules({ namespaces, request }: Facts): Finding[] {
  return namespaces.flatMap((ns) => [
    ...ended(ns),
    ...standing(ns),
    ...wantedInterfaces(ns, request?.interfaces ?? []),
    ...down(ns),
  ]);
}

function ended({ targets }: NamespaceFacts): Finding[] {
  return targets
    .filter((t) => t.ended)
    .map((t) =>
      finding(
        'error',
        'target-ended',
        `${t.name} has ended${t.pid > 0 ? ` (process ${t.pid} exited)` : ''} while it was looked at`,
        {
          advice: 'if it is started again, ask again',
          evidence: { pid: t.pid },
        },
      ),
    );
}

function standing({ targets, processes }: NamespaceFacts): Finding[] {
  const paused = targets.filter((t) => t.state === 'paused');
  if (paused.length > 0)
    return paused.map((t) =>
      finding('error', 'paused', `${t.name} is paused: its processes are frozen and say nothing`, {
        advice: `${t.runtime === 'podman' ? 'podman' : 'docker'} unpause ${t.name}`,
      }),
    );
  const stopped = processes.filter((p) => p.state === 'T' || p.state === 't');
  if (stopped.length === 0 || stopped.length < processes.length) return [];
  return [
    finding(
      'error',
      'stopped',
      `${stopped.length === 1 ? 'its only process is' : `all its ${stopped.length} processes are`} stopped: ${list(stopped.map((p) => `${p.comm} (pid ${p.pid})`))}`,
      {
        advice: `kill -CONT ${stopped.map((p) => p.pid).join(' ')} lets it go on`,
        evidence: { stopped: stopped.length },
      },
    ),
  ];
}

function wantedInterfaces({ links, label }: NamespaceFacts, wanted: readonly string[]): Finding[] {
  return wanted.flatMap((name) => {
    const link = links.find((l) => l.name === name);
    if (link?.up) return [];
    if (link)
      return [
        finding('error', 'interface-down', `${name} is down: nothing passes it`, {
          advice: `inside ${label}: ip link set ${name} up`,
          evidence: { interface: name },
        }),
      ];
    return [
      finding(
        'error',
        'interface-unknown',
        `there is no interface ${name} in ${label}: it has ${
          list(
            links.map((l) => l.name),
            8,
          ) || 'none'
        }`,
        {
          evidence: { interface: name, interfaces: links.map((l) => l.name) },
        },
      ),
    ];
  });
}

/** No way out: every interface but lo is down, or has nobody at its other end. */
function down({ links, label, hostNetwork }: NamespaceFacts): Finding[] {
  if (hostNetwork) return [];
  const up = links.filter((l) => l.up);
  if (up.length === 0)
    return [
      finding(
        'error',
        'interface-down',
        `${label} has no interface that is up: it has ${
          list(
            links.map((l) => l.name),
            8,
          ) || 'none'
        }`,
        {
          advice: 'ip link set NAME up, inside it; lo too',
          evidence: { interfaces: links.map((l) => l.name) },
        },
      ),
    ];
  const doors = links.filter(
    (l) =>
      !l.loopback &&
      l.kind !== 'dummy' &&
      !/^(sit|ip6tnl|tunl|gre|gretap|erspan|ip_vti|ip6_vti|ip6gre)\d+$/.test(l.name),
  );
  const closed = doors.filter((l) => !l.up);
  if (closed.length > 0)
    return [
      finding(
        closed.length === doors.length ? 'error' : 'warning',
        'interface-down',
        `${list(
          closed.map((l) => l.name),
          8,
        )} ${closed.length === 1 ? 'is' : 'are'} down${closed.length === doors.length ? ': nothing comes in or goes out' : ''}`,
        { advice: 'ip link set NAME up, inside it', evidence: { interfaces: closed.map((l) => l.name) } },
      ),
    ];
  const dead = doors.filter((l) => !l.carrier);
  if (dead.length === 0) return [];
  return [
    finding(
      dead.length === doors.length ? 'error' : 'warning',
      'no-carrier',
      `${list(
        dead.map((l) => l.name),
        8,
      )} ${dead.length === 1 ? 'has' : 'have'} no carrier: the other end (on the host or the bridge) is down`,
      { advice: 'ip link set NAME up, at the other end', evidence: { interfaces: dead.map((l) => l.name) } },
    ),
  ];
}

/** What is good to know of the namespace. */
export function neighbourhood({ namespaces }: Facts): Finding[] {
  return namespaces.flatMap(({ others, targets, listeners, processes, hostNetwork }) => {
    const found: Finding[] = [];
    const more = [...targets.slice(1).map((t) => t.name), ...others];
    if (more.length > 0 && !hostNetwork)
      found.push(
        finding(
          'note',
          'shared-namespace',
          `${list([targets[0]!.name, ...more], 8)} share one network namespace: the traffic of all of them is seen`,
          {
            evidence: { containers: [targets[0]!.name, ...more] },
          },
        ),
      );
    const proxy = meshes.find(({ ports }) =>
      ports.every((port) => listeners.some((l) => l.transport === 'tcp' && l.port === port)),
    );
    if (proxy) {
      const owner = listeners.find((l) => l.port === proxy.ports[0])?.pids[0];
      const comm = processes.find((p) => p.pid === owner)?.comm ?? proxy.name;
      found.push(
        finding(
          'note',
          'sidecar',
          `a sidecar proxy (${comm}, ports ${proxy.ports.join(' and ')}) takes its connections: what the application says in plain text is on lo, on eth0 it may be TLS`,
          { evidence: { ports: proxy.ports.map(String), process: comm } },
        ),
      );
    }
    return found;
  });
}

/** Ports that meshes redirect to: outbound, inbound. */
const meshes = [
  { name: 'envoy', ports: [15_001, 15_006] }, // Istio
  { name: 'linkerd2-proxy', ports: [4140, 4143] },
];

export function watchable({ watchable }: Facts): Finding[] {
  if (!watchable) return [];
  const found: Finding[] = [];
  const { containers, namespaces, onHostNetwork } = watchable;
  if (containers + namespaces === 0)
    found.push(
      finding('note', 'nothing-to-watch', 'no container and no other network namespace is here', {
        advice: 'porthole demo shows how it looks',
      }),
    );
  if (onHostNetwork.length > 0)
    found.push(
      finding(
        'note',
        'host-network',
        `${count(onHostNetwork.length, 'container')} on the network of the host, to be watched with --host: ${list(onHostNetwork)}`,
        {
          evidence: { containers: onHostNetwork },
        },
      ),
    );
  return found;
}
