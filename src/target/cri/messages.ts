/**
 * Messages of the Container Runtime Interface, by the field numbers of
 * k8s.io/cri-api/pkg/apis/runtime/v1/api.proto; v1alpha2 has the same.
 */
import type { Message } from '../grpc/protobuf.ts';
import type { Container, PodPlace } from '../runtime.ts';
import { kubeletLabels, nameInPod } from './pods.ts';

const nsToMs = (ns: number) => Math.floor(ns / 1e6);
const containerStates = ['created', 'running', 'exited', 'unknown'];

/** PodSandboxMetadata: name 1, uid 2, namespace 3. */
function podOf(metadata: Message, sandboxId: string): PodPlace {
  return { name: metadata.string(1), namespace: metadata.string(3), container: '', sandboxId };
}

/** PodSandbox of ListPodSandbox: id 1, metadata 2, state 3, created_at 4, labels 5. */
export function sandboxFromList(item: Message): Container {
  const pod = podOf(item.message(2), item.string(1));
  return {
    runtime: 'cri',
    id: item.string(1),
    name: nameInPod(pod),
    image: '',
    state: item.number(3) === 0 ? 'running' : 'exited',
    pid: 0,
    exitCode: -1,
    labels: item.map(5),
    addresses: [],
    startedAt: nsToMs(item.number(4)),
    pod,
  };
}

/** Container of ListContainers: id 1, sandbox 2, metadata 3, image 4, image_ref 5, state 6, created_at 7, labels 8. */
export function containerFromList(item: Message, sandboxes: ReadonlyMap<string, Container>): Container {
  const sandboxId = item.string(2);
  const labels = item.map(8);
  const sandbox = sandboxes.get(sandboxId)?.pod;
  const pod: PodPlace = {
    name: sandbox?.name ?? labels[kubeletLabels.pod] ?? sandboxId.slice(0, 12),
    namespace: sandbox?.namespace ?? labels[kubeletLabels.namespace] ?? '',
    container: item.message(3).string(1),
    sandboxId,
  };
  return {
    runtime: 'cri',
    id: item.string(1),
    name: nameInPod(pod),
    image: imageOf(item.message(4), item.string(5)),
    state: containerStates[item.number(6)] ?? 'unknown',
    pid: 0,
    exitCode: -1,
    labels,
    addresses: [],
    startedAt: nsToMs(item.number(7)),
    pod,
  };
}

/** ImageSpec: image 1, user_specified_image 18. */
const imageOf = (spec: Message, reference: string) => spec.string(18) || spec.string(1) || reference;

/** ContainerStatusResponse: status 1 (state 3, started_at 5, exit_code 7, image 8, image_ref 9), info 2. */
export function withContainerStatus(container: Container, answer: Message): Container {
  const status = answer.message(1);
  const state = containerStates[status.number(3)] ?? 'unknown';
  return {
    ...container,
    state,
    pid: state === 'running' ? pidOf(answer.map(2)) : 0,
    exitCode: state === 'exited' ? status.number(7) : -1,
    image: imageOf(status.message(8), status.string(9)) || container.image,
    startedAt: nsToMs(status.number(5)) || container.startedAt,
  };
}

/** PodSandboxStatusResponse: status 1 (state 3, network 5 (ip 1, additional_ips 2 (ip 1))), info 2. */
export function withSandboxStatus(sandbox: Container, answer: Message): Container {
  const status = answer.message(1);
  const network = status.message(5);
  const isReady = status.number(3) === 0;
  return {
    ...sandbox,
    state: isReady ? 'running' : 'exited',
    pid: isReady ? pidOf(answer.map(2)) : 0,
    addresses: [network.string(1), ...network.messages(2).map((ip) => ip.string(1))].filter((a) => a !== ''),
  };
}

/**
 * The verbose part is free text by key. containerd and CRI-O put JSON with a `pid` under `info`; CRI-O up to
 * 1.17 had the pid as a key of its own.
 */
export function pidOf(info: Readonly<Record<string, string>>): number {
  if (/^\d+$/.test(info['pid'] ?? '')) return Number(info['pid']);
  try {
    const pid: unknown = (JSON.parse(info['info'] ?? '{}') as { pid?: unknown } | null)?.pid;
    return typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 0 ? pid : 0;
  } catch {
    return 0;
  }
}
