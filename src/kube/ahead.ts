/** Connections that are made before anybody listens: what comes over them is kept until then. */
import type { Connect, Wire, WireListener } from './wire.ts';

export class Ahead {
  #isClosed = false;
  /** Nobody has taken them yet. */
  readonly #waiting = new Set<Promise<Wire>>();

  /** Connects at once. The first call of what is returned takes that connection, later ones make others. */
  connect(connect: Connect): Connect {
    let listener: WireListener | undefined;
    const missed: ((to: WireListener) => void)[] = [];
    const tell = (what: (to: WireListener) => void) => {
      if (listener) what(listener);
      else missed.push(what);
    };
    const made = connect({
      bytes: (bytes) => tell((to) => to.bytes(bytes)),
      ended: (why) => tell((to) => to.ended(why)),
    });
    this.#waiting.add(made);
    // Told to whoever takes it.
    made.catch(() => {});
    let isTaken = false;
    return async (to) => {
      if (isTaken) return connect(to);
      isTaken = true;
      const wire = await made;
      this.#waiting.delete(made);
      if (this.#isClosed) wire.close();
      for (const what of missed.splice(0)) what(to);
      listener = to;
      return wire;
    };
  }

  /** Those that nobody took are closed, once they are made. */
  close(): void {
    this.#isClosed = true;
    for (const made of this.#waiting)
      made.then(
        (wire) => wire.close(),
        () => {},
      );
    this.#waiting.clear();
  }
}
