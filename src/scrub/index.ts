// Packets without the secrets in them, for files that are handed on: same lengths, checksums as right as they
// were. Frames wait in a bounded window until the bytes of their stream were judged, across segments and however
// often they are sent; what cannot be judged is masked whole and counted.

export type { Reason } from './reader.ts';
export { createScrubber, type Scrubber, type ScrubCounters, type ScrubOptions } from './scrubber.ts';
