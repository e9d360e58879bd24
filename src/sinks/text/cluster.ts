/** What is known of a cluster, in words. */
import type { Connection, Endpoint, KubeEnd, MeshSide, ProbeKind } from '../../model/index.ts';
import { escapeText } from './escape.ts';

/** `(svc/web)` says by which service a pod was reached. */
export function serviceText({ address, kube }: Endpoint): string {
  if (kube?.service === undefined || kube.serviceAddress === undefined) return '';
  return kube.serviceAddress === address ? '' : `(svc/${escapeText(kube.service)})`;
}

const sides: Readonly<Record<MeshSide['side'], string>> = { lo: 'lo', inbound: 'in', outbound: 'out' };

/** `in`; '' outside of meshes. */
export const meshText = (mesh: MeshSide | undefined): string => (mesh ? sides[mesh.side] : '');

/** `liveness+readiness probe`; '' none. */
export const probeText = (probe: readonly ProbeKind[] | undefined): string =>
  probe === undefined ? '' : `${probe.filter((kind) => kind !== 'probe').join('+')} probe`.trimStart();

/** `client is pod shop/client on n1, server is pod shop/web-7d9 of deploy/web on n2 behind svc/web (10.96.0.7)` */
export function kubeText({ client, server, mesh, redirectedTo }: Connection): string {
  const parts = (['client', 'server'] as const).map((side) => {
    const text = endText(side === 'client' ? client.kube : server.kube);
    return text === '' ? '' : `${side} is ${text}`;
  });
  if (mesh) parts.push(`${mesh.side} side of ${escapeText(mesh.proxy)}`);
  if (redirectedTo) parts.push(`led to ${redirectedTo.address}:${redirectedTo.port} instead`);
  return parts.filter((part) => part !== '').join(', ');
}

function endText(kube: KubeEnd | undefined): string {
  if (!kube) return '';
  const { namespace = '', pod, workload, service, serviceAddress, node } = kube;
  const in_ = (name: string) => escapeText(namespace === '' ? name : `${namespace}/${name}`);
  const behind = service === undefined ? '' : in_(`svc/${service}`);
  const asked = serviceAddress === undefined ? '' : ` (${serviceAddress})`;
  if (pod === undefined)
    return behind !== '' ? `${behind}${asked}` : node === undefined ? '' : `node ${escapeText(node)}`;
  return [
    `pod ${in_(pod)}`,
    workload === undefined ? '' : ` of ${escapeText(workload)}`,
    node === undefined ? '' : ` on ${escapeText(node)}`,
    behind === '' ? '' : ` behind ${behind}${asked}`,
  ].join('');
}
