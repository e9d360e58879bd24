// Privilege separation: `main.ts` is a process of its own that keeps root and opens things;
// `client.ts` is what the unprivileged parser holds. The opener parses nothing from the network.
export { Opener, OpenerError } from './client.ts';
export type { NamespaceSpec, OpenerConfig, OutputSpec } from './messages.ts';
