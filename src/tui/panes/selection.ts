/**
 * Which row is selected and what part of a list is seen, while the list grows, shrinks and is sorted under it: the
 * selected entry stays selected, and in the line of the screen where it is.
 */
export interface Rows {
  readonly length: number;
  /** Position of an entry, or of the next one; -1: none follows. */
  position(id: number): number;
  idAt(position: number): number | undefined;
}

export class Selection {
  /** Of the entry; undefined: there is none yet. */
  id: number | undefined;
  /** Its position. */
  at = 0;
  /** Position of the first row seen. */
  top = 0;
  /** The last row is selected, whatever comes. */
  follows: boolean;
  #height = 1;

  constructor(follows: boolean) {
    this.follows = follows;
  }

  /** Before each drawing. */
  refresh(rows: Rows, height: number): void {
    const line = Math.min(this.at - this.top, height - 1);
    this.#height = Math.max(1, height);
    if (rows.length === 0) {
      [this.at, this.top] = [0, 0];
      return;
    }
    if (this.follows) this.at = rows.length - 1;
    else if (this.id !== undefined) {
      const now = rows.position(this.id);
      this.at = now < 0 ? rows.length - 1 : Math.min(now, rows.length - 1);
    } else this.at = Math.min(this.at, rows.length - 1);
    this.id = rows.idAt(this.at);
    this.top = this.#clamped(this.at - line, rows);
  }

  /** To another row: what is seen moves no more than it must. */
  moveTo(at: number, rows: Rows): void {
    if (rows.length === 0) return;
    this.follows = false;
    this.at = Math.max(0, Math.min(rows.length - 1, at));
    this.id = rows.idAt(this.at);
    if (this.at < this.top) this.top = this.at;
    else if (this.at >= this.top + this.#height) this.top = this.at - this.#height + 1;
    this.top = this.#clamped(this.top, rows);
  }

  moveBy(step: number, rows: Rows): void {
    this.moveTo(this.at + step, rows);
  }

  /** What is seen moves, and the selected line of the screen with it. */
  page(pages: number, rows: Rows): void {
    const step = pages * Math.max(1, this.#height - 1);
    this.top = this.#clamped(this.top + step, rows);
    this.moveTo(this.at + step, rows);
  }

  /** Another list: the same entry when it is in it. */
  #clamped(top: number, rows: Rows): number {
    return Math.max(0, Math.min(top, rows.length - this.#height));
  }
}
