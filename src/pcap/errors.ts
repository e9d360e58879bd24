/** A file that is no capture: one line that says what it seems to be. */
export class CaptureFileError extends Error {
  override readonly name = 'CaptureFileError';
  /** Byte offset of the trouble. */
  readonly offset: number;
  readonly hint: string;
  constructor(message: string, offset = 0, hint = '') {
    super(message);
    this.offset = offset;
    this.hint = hint;
  }
}
