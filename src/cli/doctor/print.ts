/** The doctor's word, for people and for programs. */
import {
  count,
  type Facts,
  type Finding,
  figure,
  isHealthy,
  list,
  type RequestFacts,
  type Severity,
  size,
} from '../../doctor/index.ts';
import { defaultSnaplen } from '../capture-options.ts';
import { formatAge } from '../table.ts';
import { plainText } from '../terminal.ts';

export interface PrintOptions {
  readonly color: boolean;
  readonly now: number;
}

/** SGR: bold red, yellow, cyan; as the text sink has them for outcomes. */
const looks: Readonly<Record<Severity, { readonly word: string; readonly on: string }>> = {
  error: { word: 'error', on: '\x1b[1;31m' },
  warning: { word: 'warning', on: '\x1b[33m' },
  note: { word: 'note', on: '\x1b[36m' },
};

/** Lines, findings first: the most likely cause is the first thing read. */
export function doctorText(facts: Facts, findings: readonly Finding[], { color, now }: PrintOptions): string {
  const lines = findings.flatMap(({ severity, sentence, advice }) => {
    const { word, on } = looks[severity];
    // Names come from inside the container; our own colours stay.
    return [
      `${color ? `${on}${word}:\x1b[0m` : `${word}:`} ${plainText(sentence)}`,
      ...(advice === '' ? [] : [`  ${plainText(advice)}`]),
    ];
  });
  if (isHealthy(findings)) lines.unshift(healthy(facts));
  const looked = [
    ...machineLines(facts),
    ...runtimeLines(facts),
    ...facts.namespaces.flatMap((ns) => namespaceLines(ns, now)),
    ...sampleLines(facts),
  ];
  return `${[...lines, '', ...looked.map(plainText)].join('\n')}\n`;
}

function healthy({ request, sample }: Facts): string {
  if (!request) return 'this machine can be watched';
  if (!sample) return `${request.spec} can be watched`;
  return sample.seen.packets === 0
    ? `${request.spec} can be watched`
    : `${request.spec} can be watched: ${count(sample.kept, 'packet')} and ${count(sample.entries, 'exchange')} in ${sample.seconds.toFixed(1)} s`;
}

const row = (head: string, text: string) => `${`${head}:`.padEnd(12)}${text}`;

function machineLines({ machine: m, watchable }: Facts): string[] {
  const missing = m.missingCapabilities.map(({ name }) => name);
  const guards = m.securityModules.filter(
    (name) => !/^(capability|yama|landlock|bpf|ima|evm|lockdown)$/.test(name),
  );
  return [
    row('kernel', `Linux ${m.kernel} ${m.arch}, cgroup ${m.cgroup || 'unknown'}, Node ${m.node}`),
    row(
      'rights',
      `uid ${m.uid}, ${missing.length === 0 ? 'every capability that is needed' : `without ${list(missing, 8)}`}${m.seccomp > 0 ? ', seccomp' : ''}${m.initialUserNamespace ? '' : ', in a user namespace'}${m.initialPidNamespace ? '' : ', in a pid namespace'}${guards.length > 0 ? `, ${guards.join(', ')}` : ''}`,
    ),
    ...(watchable
      ? [
          row(
            'watchable',
            `${count(watchable.containers, 'container')}, ${count(watchable.namespaces, 'other namespace')} (porthole ps)`,
          ),
        ]
      : []),
  ];
}

function runtimeLines({ runtimes }: Facts): string[] {
  if (runtimes.length === 0) return [row('runtimes', 'none found')];
  return runtimes.map(({ name, place, containers, running, failure, ms }) =>
    row(
      name,
      `${place}${place === '' ? '' : ': '}${failure ? failure.kind : `${count(containers, 'container')}, ${figure(running)} running`} (${figure(ms)} ms)`,
    ),
  );
}

function namespaceLines(ns: Facts['namespaces'][number], now: number): string[] {
  const lines = ns.targets.map((t) =>
    row(
      'target',
      `${t.name} (${t.runtime}${t.state === '' ? '' : `, ${t.state}`}${t.pid > 0 ? `, pid ${t.pid}` : ''}${t.since > 0 ? `, ${formatAge(now - t.since)}` : ''})${t.addresses.length > 0 ? ` ${list(t.addresses)}` : ''}`,
    ),
  );
  lines.push(
    row(
      'interfaces',
      ns.links.map((l) => `${l.name}${l.up ? '' : ' (down)'} ${figure(l.packetsAfter)} packets`).join(', ') ||
        'none',
    ),
  );
  if (ns.listeners.length > 0)
    lines.push(row('listening', list([...new Set(ns.listeners.map((l) => `${l.transport} ${l.port}`))], 12)));
  const tls = ns.processes.filter((p) => p.tls.length > 0);
  if (ns.processes.length > 0)
    lines.push(
      row(
        'processes',
        list(
          ns.processes.map((p) => `${p.comm} (${p.pid})`),
          8,
        ),
      ),
    );
  if (tls.length > 0)
    lines.push(
      row(
        'TLS',
        list(
          tls.map(
            (p) =>
              `${p.comm} (${p.pid}): ${p.tls.map((t) => `${t.library} ${t.how === 'mapped' ? t.path : '(static)'}`).join(', ')}`,
          ),
          8,
        ),
      ),
    );
  const unix = ns.unix.filter((u) => u.connected > 0 || u.listening);
  if (unix.length > 0 && !ns.hostNetwork)
    lines.push(
      row(
        'unix',
        list(
          unix.map(
            (u) =>
              `${u.name}${u.listening ? ' (listening)' : ''} ${count(u.connected, 'connection')}${u.waiting > 0 ? `, ${size(u.waiting)} waiting` : ''}`,
          ),
          8,
        ),
      ),
    );
  return lines;
}

function sampleLines({ sample, request }: Facts): string[] {
  if (!sample || !request) return [];
  const { seen, kept, dropped, connections, entries } = sample;
  const byProtocol = new Map<string, number>();
  for (const c of connections) {
    const name = c.protocol || 'not decoded';
    byProtocol.set(name, (byProtocol.get(name) ?? 0) + c.bytes);
  }
  const lines = [
    row('asked for', asked(request)),
    row(
      'sample',
      `${sample.seconds.toFixed(1)} s: ${count(seen.packets, 'packet')} seen (${size(seen.bytes)}), ${figure(kept)} kept, ${figure(dropped)} dropped, ${count(entries, 'exchange')}`,
    ),
  ];
  const spread = Object.entries(seen.byInterface).map(([name, packets]) => `${name} ${figure(packets)}`);
  if (spread.length > 0) lines.push(row('packets', spread.join(', ')));
  const bytes = [...byProtocol].filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);
  if (bytes.length > 0) lines.push(row('bytes', bytes.map(([name, n]) => `${name} ${size(n)}`).join(', ')));
  return lines;
}

function asked({ filter, interfaces, direction, snaplen, ringBytes }: RequestFacts): string {
  return [
    filter === '' ? 'every packet' : filter,
    ...(interfaces.length > 0 ? [`-i ${interfaces.join(',')}`] : []),
    ...(direction === '' ? [] : [`-Q ${direction}`]),
    ...(snaplen < defaultSnaplen ? [`-s ${snaplen}`] : []),
    `-B ${figure(ringBytes / 1024)}`,
  ].join(', ');
}

/** docs/doctor.schema.json */
export function doctorJson(facts: Facts, findings: readonly Finding[]): string {
  return `${JSON.stringify({ v: 1, type: 'doctor', healthy: isHealthy(findings), findings, facts })}\n`;
}
