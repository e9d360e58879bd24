/** One client's session at the agent: what it wants, what it is sent, and when it is over. */
import { deflateRawSync } from 'node:zlib';
import {
  type AgentEvent,
  type ClientLine,
  commonVersion,
  encodeUnit,
  type Hello,
  maxPacked,
  Outbox,
  preface,
  protocolVersion,
  type Refusal,
  UnitKind,
  type Want,
  type Welcome,
} from '../remote/index.ts';
import { utf8Bytes } from '../util/text.ts';

/** A client says something every two seconds: silent for so long, it has died or its network has. */
export const silenceMs = 20_000;
/** A clock is slewed by 0.5 ms in a second at most (adjtimex(2)): between two looks so much means that it was set. */
const setMs = 20;
/** How long the last units may take to be acknowledged before the agent ends without. */
const lingerMs = 5000;

export interface SessionPort {
  readonly release: string;
  readonly node: string;
  /** Made up; tells sessions apart. */
  readonly session: string;
  /** Unix milliseconds. */
  now(): number;
  /** The capture is to end: the client said so, or is gone. */
  stop(why: string): void;
}

/** Shorter ones do not become much shorter. */
const worthPacking = 512;

const json = (value: object) => utf8Bytes(JSON.stringify(value));

export class Session {
  readonly #port: SessionPort;
  readonly #outbox = new Outbox();
  #wanted: ((want: Want) => void) | undefined;
  readonly #want: Promise<Want>;
  #write: ((bytes: Uint8Array) => void) | undefined;
  #isWelcome = false;
  #isOver = false;
  #isGone = false;
  #silence: NodeJS.Timeout | undefined;
  /** Of the clock, what the one that is never set does not have. */
  #ahead: number;
  #done: (() => void)[] = [];

  constructor(port: SessionPort) {
    this.#port = port;
    this.#ahead = port.now() - performance.now();
    this.#want = new Promise((resolve) => {
      this.#wanted = resolve;
    });
    this.#heard();
  }

  /** What the first hello asks for. */
  want(): Promise<Want> {
    return this.#want;
  }

  /**
   * A connection: the first, or one after another has broken.
   * @param heardMs when its hello came
   */
  connected(hello: Hello, write: (bytes: Uint8Array) => void, heardMs = this.#port.now()): void {
    this.#heard();
    write(preface(hello.nonce));
    this.#write = write;
    this.#hello(hello, heardMs);
  }

  /** The connection is broken; the client may come back. */
  disconnected(write: (bytes: Uint8Array) => void): void {
    if (this.#write !== write) return;
    this.#write = undefined;
    this.#outbox.disconnect();
  }

  line(line: ClientLine): void {
    this.#heard();
    switch (line.say) {
      case 'hello':
        break;
      case 'ack':
        this.#outbox.acknowledge(line.next);
        if (this.#isOver && this.#outbox.unacknowledged === 0) this.#finish();
        break;
      case 'beat':
        this.#lookAtClock();
        this.event({ tell: 'beat', atMs: line.atMs, nowMs: this.#port.now() });
        break;
      case 'stop':
        this.#port.stop('the client has ended it');
        break;
    }
  }

  /** Whole pcapng blocks, copied. A promise: the client is behind, wait before the next. */
  packets(bytes: Uint8Array): void | Promise<void> {
    if (this.#isGone) return;
    this.#outbox.push(UnitKind.packets, bytes);
    this.#lookAtClock();
    return this.#outbox.room();
  }

  /** Records of entries, copied. Where there is no room they are shed before they are written. */
  entries(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.#isGone; at += maxPacked) {
      const part = bytes.subarray(at, at + maxPacked);
      if (part.length < worthPacking) this.#outbox.push(UnitKind.entries, part);
      else this.#outbox.push(UnitKind.packed, deflateRawSync(part, { level: 1 }));
    }
  }

  /** The client is not behind. */
  get hasRoom(): boolean {
    return this.#outbox.hasRoom;
  }

  event(event: AgentEvent): void {
    if (this.#isWelcome && !this.#isGone) this.#outbox.push(UnitKind.event, json(event));
  }

  /** There will be no capture. */
  refuse(refusal: Refusal): void {
    clearTimeout(this.#silence);
    this.#write?.(encodeUnit(UnitKind.refusal, 0, json(refusal)));
  }

  /** The client's end is closed: whatever waits for it goes on, into nothing. */
  gone(why: string): void {
    clearTimeout(this.#silence);
    this.#isGone = true;
    this.#outbox.disconnect();
    this.#outbox.abandon();
    this.#finish();
    this.#port.stop(why);
  }

  /** The last unit was pushed; resolves when the client has it, or is too slow to wait for. */
  async end(): Promise<void> {
    this.#isOver = true;
    if (this.#outbox.unacknowledged > 0 && !this.#isGone)
      await new Promise<void>((resolve) => {
        const tooSlow = setTimeout(resolve, lingerMs);
        this.#done.push(() => {
          clearTimeout(tooSlow);
          resolve();
        });
      });
    clearTimeout(this.#silence);
  }

  #finish(): void {
    for (const resolve of this.#done.splice(0)) resolve();
  }

  #heard(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(
      () => this.gone(`the client said nothing for ${silenceMs / 1000} s`),
      silenceMs,
    );
  }

  #lookAtClock(): void {
    const ahead = this.#port.now() - performance.now();
    const setByMs = ahead - this.#ahead;
    if (Math.abs(setByMs) < setMs) return;
    this.#ahead = ahead;
    this.event({ tell: 'clock', setByMs });
  }

  #hello(hello: Hello, heardMs: number): void {
    const { release, node, session } = this.#port;
    const write = this.#write!;
    const version = commonVersion(hello.versions);
    if (version === undefined) {
      this.refuse({
        reason: `porthole ${hello.release} speaks version ${hello.versions.join(', ')} of the agents' protocol, the agent on ${node} (porthole ${release}) version ${protocolVersion}`,
        hint: 'use the same release on both sides: porthole kube install updates the agents',
      });
      return;
    }
    const resume = hello.resume;
    const isResumed = resume !== undefined && resume.session === session;
    if (resume !== undefined && !isResumed) {
      this.refuse({
        reason: `the agent on ${node} was started anew: what it had captured is gone`,
        hint: '',
      });
      return;
    }
    const mode = hello.want?.mode;
    const saidMs = this.#port.now();
    const welcome: Welcome = {
      ...{ version, release, node, session, resumed: isResumed, heardMs, saidMs },
      ...(mode ? { mode } : {}),
    };
    write(encodeUnit(UnitKind.welcome, 0, json(welcome)));
    this.#isWelcome = true;
    if (!this.#outbox.connect(write, resume?.next ?? 1)) {
      this.refuse({
        reason: `the agent on ${node} no longer has what was lost with the connection`,
        hint: '',
      });
      return;
    }
    if (hello.want && !isResumed) this.#wanted?.(hello.want);
    this.#wanted = undefined;
  }
}
