import type { Random } from './random.ts';

/** What a file in fuzz/ exports as `target`. */
export interface Target {
  /** Equals the file's name. */
  readonly name: string;
  /** Well-formed inputs that mutations start from, made once; with none inputs are random bytes. */
  seeds(): readonly Uint8Array[];
  /** What the grammar is made of: put into inputs now and then. */
  readonly tokens?: readonly string[];
  /** Longest input, in bytes; default 4096. */
  readonly maxLength?: number;
  /**
   * Feeds one input. Throws when a rule is broken: any exception is a find. `random` is for choices that
   * are not in the input (where to cut it), so that a case is told by its number alone.
   */
  run(input: Uint8Array, random: Random): void;
}
