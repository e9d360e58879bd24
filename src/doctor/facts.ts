/** What was looked at, as plain data: the probes fill it, `diagnose` reads it, `--json` prints it. */

export interface Facts {
  readonly machine: MachineFacts;
  readonly runtimes: readonly RuntimeFacts[];
  /** Without a target only the machine is looked at. */
  readonly request?: RequestFacts;
  /** Why the target is none. */
  readonly refusal?: RefusalFacts;
  readonly namespaces: readonly NamespaceFacts[];
  readonly sample?: SampleFacts;
  /** Why there is no sample of a target that was found. */
  readonly sampleRefusal?: SampleRefusal;
  /** What can be watched here; without a target. */
  readonly watchable?: WatchableFacts;
}

export interface MachineFacts {
  readonly kernel: string;
  readonly arch: string;
  readonly node: string;
  readonly uid: number;
  /** What is missing of the capabilities, and for what it is needed. */
  readonly missingCapabilities: readonly { readonly name: string; readonly purpose: string }[];
  /** What the kernel was asked to do for a try, and refused. */
  readonly refusals: readonly KernelRefusal[];
  /** Why the FFI library does not load; '' when it does. */
  readonly ffi: string;
  readonly noNewPrivileges: boolean;
  /** seccomp(2): 0 none, 1 strict, 2 filter. */
  readonly seccomp: number;
  /** The first user namespace, in which root is root. */
  readonly initialUserNamespace: boolean;
  readonly initialPidNamespace: boolean;
  /** Security modules in force: 'apparmor', 'selinux', 'lockdown' ... */
  readonly securityModules: readonly string[];
  /** What we are confined as; '' for nothing. */
  readonly confinement: string;
  /** 'none', 'integrity', 'confidentiality', '' where the kernel has no such thing. */
  readonly lockdown: string;
  /** proc(5): processes of others are hidden from 1 on. */
  readonly hidepid: number;
  readonly cgroup: 'v1' | 'v2' | 'hybrid' | '';
}

export interface KernelRefusal {
  /** 'packetSocket', 'packetRing', 'setns' */
  readonly what: 'packetSocket' | 'packetRing' | 'setns';
  /** The call and errno's name: `socket(AF_PACKET): EPERM`. */
  readonly error: string;
}

export interface RuntimeFacts {
  readonly name: string;
  /** Where it is asked: a socket's path, a URL; '' for files only. */
  readonly place: string;
  readonly containers: number;
  readonly running: number;
  readonly ms: number;
  readonly failure?: RefusalFacts;
}

/** An error for people of the room that looks targets up. */
export interface RefusalFacts {
  /** TargetErrorKind, and for namespace files that are mere files 'netns-file'. */
  readonly kind: string;
  readonly message: string;
  readonly hint: string;
}

export interface RequestFacts {
  /** What was typed as TARGET. */
  readonly spec: string;
  /** The filter in force; '' for none. */
  readonly filter: string;
  /** -i */
  readonly interfaces: readonly string[];
  readonly direction: '' | 'in' | 'out';
  readonly snaplen: number;
  /** -B in bytes, or the default. */
  readonly ringBytes: number;
}

export interface WatchableFacts {
  readonly containers: number;
  /** Those whose namespace may be entered. */
  readonly enterable: number;
  readonly onHostNetwork: readonly string[];
  readonly namespaces: number;
}

export interface NamespaceFacts {
  readonly label: string;
  readonly targets: readonly TargetFacts[];
  /** Containers in the same namespace that were not asked for. */
  readonly others: readonly string[];
  readonly hostNetwork: boolean;
  readonly links: readonly LinkFacts[];
  readonly processes: readonly ProcessFacts[];
  readonly listeners: readonly ListenerFacts[];
  /** TCP connections by the kernel's name of their state. */
  readonly tcpStates: Readonly<Record<string, number>>;
  readonly unix: readonly UnixFacts[];
  /** Sockets that packets tell nothing of, by the kernel's name of their protocol: XDP, SMC, AF_VSOCK ... */
  readonly otherSockets: readonly { readonly protocol: string; readonly sockets: number }[];
}

export interface TargetFacts {
  readonly name: string;
  readonly runtime: string;
  readonly image: string;
  readonly pid: number;
  /** In the runtime's words; 'running' for processes, '' unknown. */
  readonly state: string;
  readonly addresses: readonly string[];
  /** Unix ms; 0 unknown. */
  readonly since: number;
  /** Its process has ended while it was looked at. */
  readonly ended: boolean;
}

export interface LinkFacts {
  readonly name: string;
  readonly kind: string;
  readonly up: boolean;
  readonly loopback: boolean;
  readonly carrier: boolean;
  readonly xdp: boolean;
  /** Packets in and out since the device was made, at the beginning of the look and at its end. */
  readonly packetsBefore: number;
  readonly packetsAfter: number;
}

export interface ProcessFacts {
  readonly pid: number;
  readonly comm: string;
  /** proc_pid_stat(5): T is stopped. */
  readonly state: string;
  readonly tls: readonly TlsFacts[];
  /** Devices that carry data past the kernel's network: /dev/infiniband/..., /dev/vfio/... */
  readonly bypass: readonly string[];
}

export interface TlsFacts {
  /** 'OpenSSL', 'GnuTLS', 'NSS', 'Go', 'BoringSSL', 'rustls' ... */
  readonly library: string;
  /** mapped: a shared library; static: found in the program's own bytes. */
  readonly how: 'mapped' | 'static';
  readonly path: string;
}

export interface ListenerFacts {
  readonly transport: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  readonly pids: readonly number[];
}

/** A named unix socket that is connected or listened on, and what is on it. */
export interface UnixFacts {
  readonly name: string;
  readonly type: string;
  readonly listening: boolean;
  /** Most connections at once, and how many different ones while it was looked at. */
  readonly connected: number;
  readonly connectionsSeen: number;
  /** Most bytes that lay there unread. */
  readonly waiting: number;
  /** Of the namespace's processes, those that have an end of it. */
  readonly pids: readonly number[];
}

export interface SampleRefusal {
  readonly kind: 'rights' | 'interface' | 'capture';
  readonly message: string;
}

export interface SampleFacts {
  readonly seconds: number;
  /** Everything, on every interface. */
  readonly seen: PacketFacts;
  /** What the capture as asked for hands on, and how much of it is chatter that was not asked for. */
  readonly kept: number;
  readonly keptChatter: number;
  /** What passed the kernel's filter, before -Q; those that were dropped too. */
  readonly passed: number;
  /** Lost because the ring was full, of the capture as asked for. */
  readonly dropped: number;
  readonly freezes: number;
  /** Kept, but not whole: -s. */
  readonly snaplenCut: number;
  /** Exchanges that `watch` would have shown of what was kept. */
  readonly entries: number;
  readonly connections: readonly ConnectionFacts[];
  /** Filters that are nearly the one asked for, and what they would keep of so many packets. */
  readonly variants: readonly VariantFacts[];
}

export interface PacketFacts {
  readonly packets: number;
  readonly bytes: number;
  readonly byInterface: Readonly<Record<string, number>>;
  /** Those of machines among themselves, that nobody has said: ARP, neighbour discovery, IGMP, STP. */
  readonly chatter: number;
  /** From here on without it. */
  readonly speechByInterface: Readonly<Record<string, number>>;
  readonly loopback: number;
  readonly incoming: number;
  readonly outgoing: number;
  readonly ip4: number;
  readonly ip6: number;
  readonly tagged: number;
  readonly doubleTagged: number;
  readonly vlans: readonly number[];
  readonly tcp: number;
  readonly udp: number;
}

/** Connections of the sample, those to one server's port summed up. */
export interface ConnectionFacts {
  readonly transport: 'tcp' | 'udp';
  readonly server: string;
  readonly port: number;
  /** The first some of those who speak with it. */
  readonly clients: readonly string[];
  /** Title of the protocol found, '' for none. */
  readonly protocol: string;
  readonly connections: number;
  readonly packets: number;
  /** Payload. */
  readonly bytes: number;
  readonly refused: number;
  readonly reset: number;
  /** SYNs without any answer. */
  readonly unanswered: number;
  /** A SYN that was sent only once so far, without an answer yet. */
  readonly pending: number;
  /** Begun before the sample. */
  readonly joined: number;
  /** Both ends are here. */
  readonly loopback: boolean;
  readonly exchanges: number;
}

export interface VariantFacts {
  readonly filter: string;
  /** What was changed, for people. */
  readonly reason: 'port' | 'version' | 'vlan' | 'host';
  readonly kept: number;
  readonly of: number;
}
