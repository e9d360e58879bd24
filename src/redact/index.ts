// What decoded views mask, and where secrets are in packets: values go, names and shapes stay, so that one still
// sees that there was a token. Pure; never changes what it was given. docs/redaction.md is the list for people.
export { Finders } from './finders.ts';
export { createRedactor, type Redactor } from './redactor.ts';
export { builtInRules, defaultRules, parseRules, type Rules, RulesError } from './rules.ts';
export { filling, mask, Spans, Tally } from './spans.ts';
export { summary } from './summary.ts';
