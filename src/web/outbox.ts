/**
 * What waits for one browser. Answers go in order; news of one topic that was not sent yet is overtaken by the
 * newest, so that a browser that stands still costs one frame a topic, however long it stands.
 */
export interface Way {
  /** `taken` is called when the frame has left this process. */
  send(frame: Uint8Array, taken: () => void): void;
  /** No more questions are read until `resume`. */
  pause(): void;
  resume(): void;
}

/** Handed to the kernel and not taken yet: what a picture or two need. More would only be old when it is seen. */
const underWayLimit = 1024 * 1024;
/** Of answers that wait; they were asked for, so that no more is asked until they are less. */
const waitingLimit = 8 * 1024 * 1024;

export class Outbox {
  readonly #way: Way;
  readonly #answers: Uint8Array[] = [];
  /** topic -> how to make its newest frame. */
  readonly #news = new Map<string, () => Uint8Array>();
  #waiting = 0;
  #underWay = 0;
  #isPaused = false;
  #overtaken = 0;

  constructor(way: Way) {
    this.#way = way;
  }

  /** News that the browser never got. */
  get overtaken(): number {
    return this.#overtaken;
  }

  get isBehind(): boolean {
    return this.#underWay > underWayLimit;
  }

  answer(frame: Uint8Array): void {
    this.#answers.push(frame);
    this.#waiting += frame.length;
    if (this.#waiting > waitingLimit && !this.#isPaused) {
      this.#isPaused = true;
      this.#way.pause();
    }
    this.#flush();
  }

  /** @param make called when there is room; what it tells then is as new as can be */
  news(topic: string, make: () => Uint8Array): void {
    if (this.#news.has(topic)) this.#overtaken++;
    this.#news.set(topic, make);
    this.#flush();
  }

  #flush(): void {
    while (!this.isBehind) {
      const answer = this.#answers.shift();
      if (answer) {
        this.#waiting -= answer.length;
        this.#send(answer);
        continue;
      }
      const [next] = this.#news;
      if (!next) break;
      this.#news.delete(next[0]);
      this.#send(next[1]());
    }
    if (this.#isPaused && this.#waiting <= waitingLimit / 2) {
      this.#isPaused = false;
      this.#way.resume();
    }
  }

  #send(frame: Uint8Array): void {
    this.#underWay += frame.length;
    this.#way.send(frame, () => {
      this.#underWay -= frame.length;
      this.#flush();
    });
  }
}
