// Pods of a cluster: which ones are meant, in kubectl's words, and what an agent beside them captures, as a source.
export { capabilities } from './agent-job.ts';
export { type Agents, agentsOnDemand } from './agents.ts';
export { Ahead } from './ahead.ts';
export { ApiError, type ApiOptions, KubeApi } from './api.ts';
export { Audit, whoAmI } from './audit.ts';
export {
  type CheckSettings,
  type ClusterFacts,
  checkCluster,
  type NodeFact,
  type RightFact,
} from './check.ts';
export { type ClockState, clockText } from './clocks.ts';
export { type ClusterOptions, ClusterSource, type NodeFigures } from './cluster-source.ts';
export { Crowd } from './crowd.ts';
export { Directory } from './directory.ts';
export { agentsInPods, podsAtOnce } from './ephemeral.ts';
export {
  type InstallOptions,
  install,
  installedSettings,
  readToken,
  type StandingStatus,
  standingStatus,
  tokenRecipe,
  uninstall,
} from './install.ts';
export {
  defaultNamespace,
  type InstallSettings,
  type KubeObject,
  standingObjects,
} from './install-objects.ts';
export { type Kind, kindOf, kinds } from './kinds.ts';
export { followNeighbours, lookAtNode, maxNodesRead } from './neighbours.ts';
export { followPods, type PodQuery, podQuery } from './pods.ts';
export { RemoteSource } from './remote-source.ts';
export {
  isWatchable,
  KubeError,
  type Pod,
  podOf,
  type Selection,
  selectionOf,
  selectorText,
} from './selection.ts';
export { agentsVia, fewStandingPods, type Via } from './standing.ts';
export type { Connect, Wire, WireListener } from './wire.ts';
