/** What the sample tells. */
import type {
  ConnectionFacts,
  Facts,
  NamespaceFacts,
  ProcessFacts,
  RequestFacts,
  SampleFacts,
} from '../facts.ts';
import { type Finding, finding } from '../finding.ts';
import { portsOf } from '../variants.ts';
import { count, figure, list, percent, size } from '../words.ts';
import { isBusy, unixName } from './blind.ts';
import { nothingKept, speechOf } from './filter.ts';

/** From this part on a loss is what spoils the picture, not a blemish. */
const muchLost = 0.1;
/** Nearly everything: a handshake or a DNS question beside it does not count. */
const nearlyAll = 0.9;

export function trafficRules(facts: Facts): Finding[] {
  const { sample, request, namespaces } = facts;
  if (!sample || !request) return refusedSample(facts);
  const wantsChatter = /\b(arp|rarp|icmp6|igmp|ether|stp|isis)\b/i.test(request.filter);
  const kept = wantsChatter ? sample.kept : sample.kept - sample.keptChatter;
  if (kept === 0 && sample.dropped === 0)
    return [speechOf(sample.seen) === 0 ? silence(sample, namespaces) : nothingKept(sample, request)];
  const found = [
    ...dropped(sample, request),
    ...refused(sample),
    ...unanswered(sample),
    ...snaplen(sample, request),
    ...encrypted(sample, namespaces),
    ...joined(sample, 'most'),
    ...undecoded(sample),
  ];
  if (found.every((f) => f.severity === 'note') && sample.entries === 0) found.unshift(noEntries(sample));
  return [...found, ...loopbackOnly(sample)];
}

/** Some that were there before are no cause of anything: told behind what may be one. */
export function fewJoined({ sample, request }: Facts): Finding[] {
  return sample && request ? joined(sample, 'few') : [];
}

function refusedSample({ sampleRefusal }: Facts): Finding[] {
  if (sampleRefusal?.kind !== 'capture') return [];
  const isTooLong =
    sampleRefusal.message.includes('SO_ATTACH_FILTER') && sampleRefusal.message.includes('ENOMEM');
  return [
    finding('error', 'capture-refused', sampleRefusal.message, {
      advice: isTooLong
        ? 'the filter is longer than the sysctl net.core.optmem_max lets it be: make it larger, or the filter shorter'
        : '',
    }),
  ];
}

/** No packet at all: a unix socket, nobody there, or nothing to say. */
function silence({ seconds, seen }: SampleFacts, namespaces: readonly NamespaceFacts[]): Finding {
  const busy = namespaces.flatMap((ns) => ns.unix).filter(isBusy);
  const listensOnInet = namespaces.some((ns) => ns.listeners.length > 0);
  const evidence = {
    seen: 0,
    chatter: seen.chatter,
    seconds,
    counters: namespaces.flatMap((ns) => ns.links.map((l) => `${ns.label}/${l.name} ${l.packetsAfter}`)),
  };
  if (busy.some((u) => u.connected > 0 || u.connectionsSeen > 0) || (busy.length > 0 && !listensOnInet)) {
    const names = busy.map(unixName);
    return finding(
      'error',
      'unix-only',
      `the connection is to a unix socket, which no packet capture sees: ${list(names)}`,
      {
        advice: `strace -f -e trace=network -p ${busy[0]!.pids[0] ?? 'PID'} shows what is said there`,
        evidence: {
          ...evidence,
          sockets: names,
          connections: busy.reduce((n, u) => n + u.connectionsSeen, 0),
        },
      },
    );
  }
  if (namespaces.length > 0 && namespaces.every((ns) => ns.processes.length === 0))
    return finding(
      'warning',
      'no-process',
      'no packet, and no process is in the namespace: nobody is there to speak',
      { evidence },
    );
  const open = namespaces.reduce((sum, ns) => sum + (ns.tcpStates['established'] ?? 0), 0);
  return finding(
    'warning',
    'idle',
    `it is idle: no packet in ${seconds.toFixed(1)} s on ${list(
      namespaces.flatMap((ns) => ns.links.filter((l) => l.up).map((l) => l.name)),
      8,
    )}${open > 0 ? `; ${count(open, 'connection')} open, and silent` : ''}${seen.chatter > 0 ? ` (but ${count(seen.chatter, 'packet')} of ARP, neighbour discovery and the like)` : ''}`,
    {
      advice: `${counters(namespaces)}; --for 30s looks longer`,
      evidence: { ...evidence, established: open },
    },
  );
}

/** Where its counters stand. The kernel does not tell when they last moved, only whether they do. */
function counters(namespaces: readonly NamespaceFacts[]): string {
  const links = namespaces.flatMap((ns) => ns.links.filter((l) => l.up));
  const moved = links.filter((l) => l.packetsAfter > l.packetsBefore);
  if (moved.length > 0)
    return `${list(moved.map((l) => `${l.name} had ${count(l.packetsAfter - l.packetsBefore, 'packet')}`))} just before`;
  const used = links.filter((l) => l.packetsAfter > 0);
  return used.length === 0
    ? 'not one packet has ever passed its interfaces'
    : `since they were made ${list(used.map((l) => `${l.name} had ${count(l.packetsAfter, 'packet')}`))}`;
}

function dropped({ dropped, kept, freezes }: SampleFacts, { ringBytes }: RequestFacts): Finding[] {
  if (dropped === 0) return [];
  const all = dropped + kept;
  return [
    finding(
      dropped / all >= muchLost ? 'error' : 'warning',
      'dropped',
      `the kernel dropped ${figure(dropped)} of ${count(all, 'packet')}: the ring of ${figure(ringBytes / 1024)} KiB was full${freezes > 0 ? ` ${count(freezes, 'time')}` : ''}`,
      {
        advice: '-B makes it larger; a filter or -s makes less of it',
        evidence: { dropped, kept, freezes, ringBytes },
      },
    ),
  ];
}

const tcpOf = (sample: SampleFacts) => sample.connections.filter((c) => c.transport === 'tcp');
const sum = (rows: readonly ConnectionFacts[], of: (row: ConnectionFacts) => number) =>
  rows.reduce((total, row) => total + of(row), 0);
const place = (c: ConnectionFacts) =>
  c.server.includes(':') ? `[${c.server}]:${c.port}` : `${c.server}:${c.port}`;

function refused(sample: SampleFacts): Finding[] {
  return failures(sample, (c) => c.refused, 'refused', 'refused (RST): nothing listens there');
}

function unanswered(sample: SampleFacts): Finding[] {
  return failures(
    sample,
    (c) => c.unanswered,
    'unanswered',
    'not answered: nobody is there, or a packet filter drops them',
  );
}

function failures(
  sample: SampleFacts,
  of: (row: ConnectionFacts) => number,
  code: 'refused' | 'unanswered',
  why: string,
): Finding[] {
  const rows = tcpOf(sample).filter((c) => of(c) > 0);
  if (rows.length === 0) return [];
  const failed = sum(rows, of);
  const all = sum(tcpOf(sample), (c) => c.connections - c.pending);
  return [
    finding(
      failed === all ? 'error' : 'warning',
      code,
      `${failed === all ? `all ${count(failed, 'connection')}` : `${figure(failed)} of ${count(all, 'connection')}`} to ${list(rows.map(place))} ${failed === 1 ? 'is' : 'are'} ${why}`,
      { evidence: { failed, connections: all, servers: rows.map(place) } },
    ),
  ];
}

function snaplen({ snaplenCut, kept, entries }: SampleFacts, { snaplen }: RequestFacts): Finding[] {
  if (snaplenCut === 0) return [];
  return [
    finding(
      entries === 0 ? 'error' : 'warning',
      'snaplen',
      `-s ${snaplen} cuts ${figure(snaplenCut)} of ${count(kept, 'packet')}: what is decoded has holes`,
      { advice: 'leave -s out to keep them whole', evidence: { snaplenCut, kept, snaplen } },
    ),
  ];
}

const isEncrypted = (c: ConnectionFacts) =>
  c.protocol === 'TLS' || c.protocol === 'QUIC' || c.protocol === 'DTLS';

function encrypted(sample: SampleFacts, namespaces: readonly NamespaceFacts[]): Finding[] {
  const rows = sample.connections.filter(isEncrypted);
  const bytes = sum(rows, (c) => c.bytes);
  if (bytes === 0) return [];
  const all = sum(sample.connections, (c) => c.bytes);
  const users = namespaces.flatMap((ns) => ns.processes.filter((p) => p.tls.length > 0));
  const isAll = bytes / all >= nearlyAll;
  const names = [...new Set(rows.map((c) => c.protocol))];
  return [
    finding(
      isAll ? 'warning' : 'note',
      'tls',
      `${bytes === all ? 'all' : percent(bytes, all)} of the ${size(all)} it says is ${list(names)} (port${portsOf(rows).length === 1 ? '' : 's'} ${list(portsOf(rows).map(String))}): ${users.length > 0 ? list(users.map(usage), 3) : 'no TLS library is known in its processes'}`,
      {
        advice:
          'handshakes are shown (server name, certificate), what is inside needs the keys; a proxy in front may speak plain text on lo',
        evidence: {
          encryptedBytes: bytes,
          bytes: all,
          share: Math.round((1000 * bytes) / all) / 1000,
          libraries: users.map(usage),
        },
      },
    ),
  ];
}

const usage = ({ comm, pid, tls }: ProcessFacts): string => {
  const [first] = tls;
  return `${comm} (pid ${pid}) uses ${first!.library}${first!.how === 'mapped' ? ` (${first!.path})` : ', linked in statically'}`;
};

function joined(sample: SampleFacts, share: 'most' | 'few'): Finding[] {
  const rows = tcpOf(sample).filter((c) => c.joined > 0 && c.bytes > 0);
  const n = sum(rows, (c) => c.joined);
  const all = sum(tcpOf(sample), (c) => c.connections);
  if (n === 0 || (n * 2 > all ? 'most' : 'few') !== share) return [];
  const isTold = rows.some((c) => c.exchanges > 0 && !/HTTP\/2/.test(c.protocol));
  return [
    finding(
      n === all && !isTold ? 'warning' : 'note',
      'joined',
      `${figure(n)} of ${count(all, 'TCP connection')} ${n === 1 ? 'was' : 'were'} open before: ${list(rows.map((c) => `${c.protocol || 'not decoded'} on port ${c.port}`))}, joined in the middle`,
      {
        advice:
          'what was said at their beginning was not seen (in HTTP/2 the names of headers); restart the client, or wait for new ones',
        evidence: { joined: n, connections: all },
      },
    ),
  ];
}

function undecoded(sample: SampleFacts): Finding[] {
  const rows = sample.connections.filter((c) => c.protocol === '' && c.bytes > 0);
  const bytes = sum(rows, (c) => c.bytes);
  if (bytes === 0) return [];
  const all = sum(sample.connections, (c) => c.bytes);
  return [
    finding(
      bytes / all >= 0.5 ? 'warning' : 'note',
      'undecoded',
      `${bytes === all ? 'all' : percent(bytes, all)} of the ${size(all)} it says is of no protocol that is decoded: ${list(rows.map((c) => `${c.transport} port ${c.port} (${size(c.bytes)})`))}`,
      {
        advice: '--decode-as PORT=PROTOCOL when it is one after all; porthole dump -A shows the bytes',
        evidence: { undecodedBytes: bytes, bytes: all, ports: rows.map((c) => `${c.transport}/${c.port}`) },
      },
    ),
  ];
}

function noEntries({ seen, kept, connections }: SampleFacts): Finding {
  const what =
    seen.tcp + seen.udp === 0
      ? 'neither TCP nor UDP'
      : connections.every((c) => c.bytes === 0)
        ? 'no payload, only openings and acknowledgements'
        : 'no whole request and answer yet';
  return finding('warning', 'no-entries', `${count(kept, 'packet')} kept, but nothing to decode: ${what}`, {
    advice: 'porthole dump prints the packets',
    evidence: { kept, tcp: seen.tcp, udp: seen.udp },
  });
}

function loopbackOnly({ seen }: SampleFacts): Finding[] {
  if (seen.loopback < speechOf(seen)) return [];
  return [
    finding(
      'note',
      'loopback-only',
      `all its traffic is loopback inside the pod: ${count(seen.loopback, 'packet')} on lo`,
      {
        evidence: { loopback: seen.loopback, seen: speechOf(seen) },
      },
    ),
  ];
}
