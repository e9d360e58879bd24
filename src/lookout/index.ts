// The lookout: a process of its own that keeps root, asks the runtimes and follows what starts and ends. It
// hands namespaces to the opener, and tells the parser what it must know; `client.ts` is the parser's end.
// It never reads a byte from the network, and the parser never holds a connection to a daemon.
export { Lookout } from './client.ts';
export type { KnownNamespace, LookoutConfig, Member, News, Question } from './messages.ts';
