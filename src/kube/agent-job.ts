/**
 * The agent's pod, and the Job that makes one on a single node: gone when its client is. It ends by itself (its client
 * says nothing any more, its deadline), and then the cluster deletes it (ttlSecondsAfterFinished), whether or not
 * anybody is left to do so: after a minute, in which its end can be read.
 */

/** What agents on demand and standing ones have in common. */
export interface PodSettings {
  readonly image: string;
  readonly pullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  /** Of the node's runtime; '' it is looked for. */
  readonly socket: string;
  readonly memoryMiB: number;
}

export interface AgentSettings extends PodSettings {
  readonly namespace: string;
  /** One run of a client: what it has made is found by it. */
  readonly session: string;
  /** Who asks, for people who find the pod. */
  readonly who: string;
  /** Seconds after which the cluster ends it, whatever happens. */
  readonly deadlineSeconds: number;
  /** Of the token its clients give: the token itself is in no object of the cluster. */
  readonly digest: string;
}

/** On 127.0.0.1 of the agent's pod: reached by a forwarded port alone. */
export const agentPort = 7414;
/** Without a client: the time that pulling an image on a slow node, or a broken network, may take. */
const idleSeconds = 60;

export const agentLabel = 'app.kubernetes.io/name';
export const agentName = 'porthole-agent';
export const sessionLabel = 'porthole/session';

/**
 * Found by leaving each out on a real cluster; what fails then is in docs/kubernetes.md. SYS_ADMIN: setns(2) into a
 * pod's network namespace. SYS_PTRACE: /proc/PID/ns and /proc/PID/root of processes with other rights. NET_RAW: a
 * packet socket. SETUID, SETGID: what reads packets becomes nobody. DAC_READ_SEARCH is not needed: root owns the socket.
 */
export const capabilities = ['SYS_ADMIN', 'SYS_PTRACE', 'NET_RAW', 'SETUID', 'SETGID'] as const;

/** Meshes that would put a proxy into the pod, which would never end. */
export const noMesh = {
  'sidecar.istio.io/inject': 'false',
  'linkerd.io/inject': 'disabled',
} as const;

/** A label's value: 63 characters, alphanumeric at both ends. */
export function labelValue(text: string): string {
  return text
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .slice(0, 63)
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
}

/**
 * PodSpec of an agent.
 * @param args of `porthole agent`
 * @param env EnvVars of the container
 */
export function agentPod(settings: PodSettings, args: readonly string[], env: readonly object[]): object {
  const { image, pullPolicy, socket, memoryMiB } = settings;
  return {
    hostPID: true,
    terminationGracePeriodSeconds: 2,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    // It resolves no names.
    dnsPolicy: 'Default',
    // Every node may be asked about, those that are not ready too.
    tolerations: [{ operator: 'Exists' }],
    containers: [
      {
        name: 'agent',
        image,
        imagePullPolicy: pullPolicy,
        args: ['agent', ...args, ...(socket === '' ? [] : ['--socket', socket])],
        env: [...env],
        ports: [{ name: 'agent', containerPort: agentPort }],
        resources: {
          requests: { cpu: '10m', memory: '64Mi' },
          limits: { memory: `${memoryMiB}Mi` },
        },
        securityContext: {
          privileged: false,
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          runAsUser: 0,
          capabilities: { drop: ['ALL'], add: [...capabilities] },
          seccompProfile: { type: 'RuntimeDefault' },
          // Runtimes' default profiles let a container look at processes of the same profile alone (ptrace peer=),
          // and the runtime, whose socket is reached by its /proc/PID/root, has none.
          appArmorProfile: { type: 'Unconfined' },
        },
      },
    ],
  };
}

export function agentJob(node: string, settings: AgentSettings): object {
  const { namespace, session, who, deadlineSeconds, digest } = settings;
  const labels = {
    [agentLabel]: agentName,
    'app.kubernetes.io/managed-by': 'porthole',
    [sessionLabel]: session,
    'porthole/node': labelValue(node),
  };
  const annotations = {
    'porthole/who': who,
    ...noMesh,
    'cluster-autoscaler.kubernetes.io/safe-to-evict': 'true',
  };
  const args = ['--node', node, '--idle', `${idleSeconds}`];
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { generateName: 'porthole-agent-', namespace, labels, annotations },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: deadlineSeconds,
      ttlSecondsAfterFinished: 60,
      template: {
        metadata: { labels: { ...labels, 'sidecar.istio.io/inject': 'false' }, annotations },
        spec: {
          nodeName: node,
          restartPolicy: 'Never',
          ...agentPod(settings, args, [{ name: 'PORTHOLE_TOKEN_SHA256', value: digest }]),
        },
      },
    },
  };
}
