// What can be watched, and how it is named. A target is a network namespace with a name: two containers
// that share one are one capture. I/O is allowed here, FFI is not: everything comes from /proc, from
// namespace files and from the sockets of the runtimes, read-only. Runtimes fill the port in runtime.ts
// and are loaded when the first container is asked for. Whatever cannot be watched is a TargetError.
export { defaultRuntimes } from './census.ts';
export { discover, discoverByProcess, type RuntimeChoice, runtimeNames } from './discover.ts';
export { daemonAddress } from './docker/endpoint.ts';
export { closeDoors } from './doors.ts';
export { TargetError, type TargetErrorKind } from './errors.ts';
export { type WatchEventsOptions, watchEvents } from './events.ts';
export { groupByNamespace, type TargetGroup } from './group.ts';
export { nodeCriSocket, onNode } from './host-root.ts';
export { type ListOptions, list } from './list.ts';
export { isLiving, livingSelectors } from './living.ts';
export {
  revalidate,
  type Standing,
  targetOfContainer,
  targetOfHost,
  targetOfOwnPod,
  targetOfProcess,
} from './locate.ts';
export type { InspectNamespace } from './netns.ts';
export { containerHosts } from './proc/hosts.ts';
export { processesByNetns } from './proc/scan.ts';
export { isHostNetns, netnsOf, startTimeOf } from './proc/stat.ts';
export { questionPorts, usePorts } from './question-ports.ts';
export { type ResolveOptions, resolve } from './resolve.ts';
export { type Container, type ContainerEvent, mayRun, type Runtime, type Subscription } from './runtime.ts';
export { type ContainerSelector, selects } from './selector.ts';
export { type LocalSocket, ownPorts, ownSockets, portFilter } from './sockets.ts';
export { sampleTraffic, type TrafficSample } from './traffic.ts';
