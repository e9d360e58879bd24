/** One connection to an agent, however it is made; what waits of it while a sink catches up; what its units hold. */
import { inflateRawSync } from 'node:zlib';
import { maxPacked } from '../remote/index.ts';
import { KubeError } from './selection.ts';

/** Bytes both ways. */
export interface Wire {
  send(text: string): void;
  /** What cannot be taken is left where it is: the agent's window and its rings are the buffer. */
  pause?(): void;
  resume?(): void;
  close(): void;
}

export interface WireListener {
  bytes(bytes: Uint8Array): void;
  /** No more; `why` for people. Also after `close`. */
  ended(why: string): void;
}

/** Opens a connection to the agent. A promise that rejects with a KubeError: it will not come to be. */
export type Connect = (listener: WireListener) => Promise<Wire>;

/** There will be no agent any more: whatever is tried, it stays so. */
export class AgentGone extends KubeError {}
/** The pod that the agent was in is no more: no failure. */
export class PlaceGone extends AgentGone {}

/** What waits while a sink catches up, of each of many nodes; and when more is taken again. */
const heldMax = 256 * 1024;
const heldAgain = 64 * 1024;

/** Bytes that have come and were not looked at; the connection is held back when they are many. */
export class Backlog {
  #held: Uint8Array[] = [];
  #bytes = 0;
  isPaused = false;

  add(bytes: Uint8Array, wire: Wire | undefined): void {
    this.#held.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes <= heldMax || this.isPaused) return;
    this.isPaused = true;
    wire?.pause?.();
  }

  take(wire: Wire | undefined): Uint8Array | undefined {
    const bytes = this.#held.shift();
    if (!bytes) return undefined;
    this.#bytes -= bytes.length;
    if (this.isPaused && this.#bytes < heldAgain) {
      this.isPaused = false;
      wire?.resume?.();
    }
    return bytes;
  }

  /** The connection is another. */
  clear(): void {
    this.#held = [];
    this.#bytes = 0;
    this.isPaused = false;
  }
}

export const nonsense = (node: string, what: string): KubeError =>
  new KubeError(`the agent on ${node} sends nonsense: ${what}`);

/** @throws KubeError */
export function inflated(node: string, payload: Uint8Array): Uint8Array {
  try {
    return inflateRawSync(payload, { maxOutputLength: maxPacked });
  } catch {
    throw nonsense(node, 'deflated entries that are none');
  }
}

/** @throws KubeError */
export function objectOf<T>(node: string, payload: Uint8Array): T {
  try {
    const { buffer, byteOffset, length } = payload;
    const value: unknown = JSON.parse(Buffer.from(buffer, byteOffset, length).toString('utf8'));
    if (typeof value === 'object' && value !== null) return value as T;
  } catch {
    // Told below.
  }
  throw nonsense(node, 'what should be JSON is none');
}
