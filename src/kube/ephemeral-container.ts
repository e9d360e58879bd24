/**
 * The agent as an ephemeral container of the pod that it watches: what it captures is its own network namespace, so it
 * needs nothing of the node. https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/
 */
import { podPorts } from '../remote/index.ts';
import type { PodSettings } from './agent-job.ts';

export interface EphemeralSettings extends Pick<PodSettings, 'image' | 'pullPolicy'> {
  /** Of the token its clients give. */
  readonly digest: string;
  readonly deadlineSeconds: number;
}

/** Without a client: the time that pulling an image on a slow node may take is not of it, the agent does not run yet. */
const idleSeconds = 60;

/**
 * What is asked of admission, least rights first. `least`: NET_RAW for a packet socket, SETUID and SETGID so that what
 * reads packets becomes nobody; NET_RAW by name is admitted by PodSecurity's level privileged alone. `usual`: what the
 * runtime gives to every container, which baseline admits; containerd and Docker have the three among it, CRI-O has no
 * NET_RAW. `restricted` admits neither.
 */
export const rightsAsked = ['least', 'usual'] as const;
export type RightsAsked = (typeof rightsAsked)[number];

/** EphemeralContainer of core/v1: it may have neither ports nor resources nor probes. */
export function ephemeralContainer(
  pod: string,
  name: string,
  port: number,
  asks: RightsAsked,
  { image, pullPolicy, digest, deadlineSeconds }: EphemeralSettings,
): object {
  return {
    name,
    image,
    imagePullPolicy: pullPolicy,
    args: [
      'agent',
      ...['--own-pod', pod, '--node', pod, '--listen', `${port}`, '--once'],
      ...['--idle', `${idleSeconds}`, '--deadline', `${deadlineSeconds}`],
    ],
    env: [{ name: 'PORTHOLE_TOKEN_SHA256', value: digest }],
    securityContext: {
      privileged: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      // The pod's own setting may be another; a container that is not started as root gets no capability.
      runAsUser: 0,
      runAsNonRoot: false,
      seccompProfile: { type: 'RuntimeDefault' },
      ...(asks === 'least' ? { capabilities: { drop: ['ALL'], add: ['NET_RAW', 'SETUID', 'SETGID'] } } : {}),
    },
  };
}

export interface ContainerState {
  readonly running?: object;
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly terminated?: { readonly exitCode?: number; readonly reason?: string };
}

/** Of a Pod, what matters here. */
export interface PodWithEphemeral {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion?: string;
    readonly deletionTimestamp?: string;
  };
  readonly spec?: {
    readonly ephemeralContainers?: readonly { readonly name: string; readonly args?: readonly string[] }[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly ephemeralContainerStatuses?: readonly {
      readonly name: string;
      readonly state?: ContainerState;
    }[];
  };
}

/** Empty: the kubelet has not told of it yet. */
export function stateOf(pod: PodWithEphemeral, name: string): ContainerState {
  return pod.status?.ephemeralContainerStatuses?.find((status) => status.name === name)?.state ?? {};
}

/**
 * A port that no agent in this pod listens on or will; undefined: all are taken.
 * @param from of those the one to begin with: an application may have the same port, and then another try another one
 */
export function freePort(pod: PodWithEphemeral, from: number): number | undefined {
  const taken = new Set<number>();
  for (const { name, args = [] } of pod.spec?.ephemeralContainers ?? []) {
    const at = args.indexOf('--listen');
    if (at >= 0 && !stateOf(pod, name).terminated) taken.add(Number(args[at + 1]));
  }
  const count = podPorts.last - podPorts.first + 1;
  for (let i = 0; i < count; i++) {
    const port = podPorts.first + ((from + i) % count);
    if (!taken.has(port)) return port;
  }
  return undefined;
}
