// The agent's side of a remote watch. Its rights and its capture are those of any watch; only where packets go
// is different: numbered units to one client, which says what it wants first and is listened to all the time.
export { Broker, type BrokerOptions, type Handover } from './broker.ts';
export { Session, type SessionPort, silenceMs } from './session.ts';
export { isTokenOf, tokenDigest } from './token.ts';
