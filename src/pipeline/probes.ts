/**
 * Probes of the kubelet, by what they say and, where the pod's spec is known, by where they go.
 * https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
 */
import type { ConversationSummary, Exchange, ProbeKind, ProbeSpec, Surroundings } from '../model/index.ts';

/** pkg/probe/http/request.go, pkg/probe/grpc/grpc.go: the release follows. */
const agent = 'kube-probe/';
const order: readonly ProbeKind[] = ['startup', 'liveness', 'readiness'];
const unnamed: readonly ProbeKind[] = ['probe'];

/** Undefined: none. */
export function probeOfExchange(e: Exchange, around?: Surroundings): readonly ProbeKind[] | undefined {
  const said = e.fields['http.user_agent'];
  if (typeof said === 'string' && said.startsWith(agent)) return (around && byItsWords(e, around)) ?? unnamed;
  if (!around?.isFromNode(e.connection)) return undefined;
  const specs = around.probes(e.connection);
  if (specs.length === 0) return undefined;
  // Its headers may be set by the spec.
  if (e.fields['http.request.method'] === 'GET')
    return kinds(specs, (spec) => spec.by === 'http' && fits(spec, e));
  if (e.request) return undefined;
  // It was not let in: what it would have said is not known. Else it is the server that speaks to a silent client.
  return kinds(specs, ({ by }) => by === 'tcp' || e.protocol === 'tcp');
}

function byItsWords(e: Exchange, around: Surroundings): readonly ProbeKind[] | undefined {
  const found = kinds(around.probes(e.connection), (spec) => fits(spec, e));
  if (found) around.learnNode(e.connection);
  return found;
}

function fits({ by, path }: ProbeSpec, { protocol, fields }: Exchange): boolean {
  if (protocol === 'grpc') return by === 'grpc';
  return by === 'http' && fields['http.request.uri'] === path;
}

/** By TCP it connects and closes. The server may have greeted it. */
export function probeOfConversation(
  summary: ConversationSummary,
  around?: Surroundings,
): readonly ProbeKind[] | undefined {
  const { connection, clientBytes, ended } = summary;
  if (clientBytes > 0 || connection.transport !== 'tcp' || (ended !== 'fin' && ended !== 'rst'))
    return undefined;
  if (!around?.isFromNode(connection)) return undefined;
  return kinds(around.probes(connection), ({ by }) => by === 'tcp');
}

function kinds(
  specs: readonly ProbeSpec[],
  isMeant: (spec: ProbeSpec) => boolean,
): readonly ProbeKind[] | undefined {
  const meant = specs.filter(isMeant);
  return meant.length === 0 ? undefined : order.filter((kind) => meant.some((spec) => spec.kind === kind));
}
