/** What a file of bench/ exports: `export const name`, `export async function run`. */

export interface MeasureOptions {
  /** A smoke test: its figures say little. */
  readonly quick: boolean;
  /** How long a load runs, and how often each thing is measured. */
  readonly seconds: number;
  readonly rounds: number;
  /** Only the loads with this in their names. */
  readonly only: string;
  /** A line of progress. */
  note(text: string): void;
}

/** One line of the table. Figures are texts with their units; `ratio` is porthole / peer unless `measure` says else. */
export interface Row {
  readonly measure: string;
  readonly porthole: string;
  readonly peer: string;
  readonly ratio?: number;
  /** '<= 1.5', '>= 8', ... */
  readonly target: string;
  /** undefined: said for the record, nothing is demanded. */
  readonly met?: boolean;
  /** Why it is not met, or what to know when reading it. */
  readonly remark?: string;
}

export interface Measure {
  /** Equals its file's name. */
  readonly name: string;
  run(options: MeasureOptions): Promise<Row[]>;
}
