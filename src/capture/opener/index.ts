// Privilege separation: `main.ts` is a process of its own that keeps root and opens things; `client.ts` is
// what the unprivileged parser holds. The opener parses nothing from the network. Until the parser has
// given root up it may open sockets itself (`HeldNamespaces`): nothing waits for the opener then.
export { Opener } from './client.ts';
export type { OpenerOrder, OutputSpec, SaveSpec } from './messages.ts';
export { HeldNamespaces, type NamespaceSpec, OpenerError, openVerified } from './namespaces.ts';
export { openNew } from './saves.ts';
