/**
 * Nanoseconds since the session's epoch second (`Clock.baseSec`).
 *
 * A double holds whole nanoseconds exactly for 104 days from the base, which the Unix epoch in
 * nanoseconds would not (2^53 ns). Time always comes from the frame, never from the machine's clock.
 */
export type Timestamp = number;

/** The Unix second that `Timestamp` 0 stands for: the second of the session's first frame. */
export interface Clock {
  readonly baseSec: number;
}
