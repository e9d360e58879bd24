// Why does nothing show? Facts in, findings out: what was looked at is plain data (facts.ts), the rules
// are pure and in the order of what is the most likely cause. Who looks is cli/doctor.
export { diagnose, isHealthy } from './diagnose.ts';
export type * from './facts.ts';
export { type Code, codes, type Finding, type Severity } from './finding.ts';
export { type QuietFacts, whyQuiet } from './quiet.ts';
export { Tally } from './tally.ts';
export { type Variant, variantsOf } from './variants.ts';
export { count, figure, list, percent, size } from './words.ts';
