/** A container or process that can be watched. The namespace is what is captured. */
export interface Target {
  /** 'docker' | 'podman' | 'netns' | 'pid' | 'host' */
  readonly runtime: string;
  /** What people call it; the label on every line. */
  readonly name: string;
  /** Full id as the runtime gives it; '' without one. */
  readonly id: string;
  readonly image: string;
  /** Its first process in our pid namespace; 0 for a bare netns. */
  readonly pid: number;
  /** /proc/PID/stat field 22: guards against PID reuse. '' for pid 0. */
  readonly startTime: string;
  /** Path to open: /proc/PID/ns/net or /run/netns/NAME. */
  readonly netnsPath: string;
  /** Inode of the namespace: its identity. */
  readonly netns: number;
  /** True when it shares the network namespace of the host (ours). */
  readonly hostNetwork: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** Addresses the runtime knows or the namespace shows. */
  readonly addresses: readonly string[];
  /** Interface names in the namespace. */
  readonly interfaces: readonly string[];
  /** When it was started, Unix milliseconds; 0 unknown. */
  readonly since: number;
}
