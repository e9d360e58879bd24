/** The client's side: units in order, each once, whatever connection they came over. */
import type { UnitCollector } from './frames.ts';
import { UnitKind } from './frames.ts';

/** Bytes after which the agent is told what has arrived: often enough that its window never fills. */
const ackBytes = 256 * 1024;

export interface InboxOutput {
  /** Outside the count: welcome, refusal. */
  greeting(kind: number, payload: Uint8Array): void;
  /** In order, each once. Valid during the call. */
  unit(kind: number, payload: Uint8Array): void;
  /** So much has arrived that the agent should be told. */
  acknowledge(next: number): void;
}

export class Inbox implements UnitCollector {
  readonly #out: InboxOutput;
  #next = 1;
  #sinceAck = 0;
  /** Of units, heads not counted. */
  bytes = 0;
  /** Units that came a second time after a broken connection. */
  repeated = 0;
  /** Why nothing more is taken; '' while all is well. */
  damage = '';

  constructor(out: InboxOutput) {
    this.#out = out;
  }

  /** Number of the unit that is waited for. */
  get next(): number {
    return this.#next;
  }

  begin(): void {}

  unit(kind: number, sequence: number, payload: Uint8Array): void {
    if (this.damage !== '') return;
    if (kind === UnitKind.welcome || kind === UnitKind.refusal) {
      this.#out.greeting(kind, payload);
      return;
    }
    if (sequence < this.#next) {
      this.repeated++;
      return;
    }
    if (sequence > this.#next) {
      this.damage = `unit ${sequence} came when ${this.#next} was expected`;
      return;
    }
    this.#next++;
    this.bytes += payload.length;
    this.#sinceAck += payload.length;
    this.#out.unit(kind, payload);
    if (this.#sinceAck < ackBytes) return;
    this.#sinceAck = 0;
    this.#out.acknowledge(this.#next);
  }
}
