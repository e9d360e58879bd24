/** The input is no capture file we can read, or cannot be opened. One line for people, and what to do. */
export class CaptureFileError extends Error {
  override readonly name = 'CaptureFileError';
  /** Byte where reading ended. */
  readonly offset: number;
  /** What to do about it; '' without an idea. */
  readonly hint: string;
  constructor(message: string, offset = 0, hint = '') {
    super(message);
    this.offset = offset;
    this.hint = hint;
  }
}

/** Thrown inside this room only: the file's structure is broken at `offset`; what was before is good. */
export class Damage {
  readonly offset: number;
  readonly detail: string;
  constructor(offset: number, detail: string) {
    this.offset = offset;
    this.detail = detail;
  }
}
