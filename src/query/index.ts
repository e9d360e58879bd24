// One language for what is shown: Wireshark's display-filter syntax over the fields that protocols declare.
//
// 1. Protocols are known by their FieldSpecs alone: a new one needs no change here.
// 2. Text -> tokens -> tree -> closures, once. Nothing is allocated for an entry, bodies and case-folding aside.
// 3. A missing field passes no test; only `not` turns that around.
// 4. Every mistake is a QueryError with its place; what is right but perhaps not meant is a note.
// 5. Patterns run without backtracking (regex/): no pattern hangs on what the network sends.
//
// docs/query.md is the language, for people.
export type { Entry, Setup, Value } from './access.ts';
export { compile, type Query, type QueryOptions } from './compile.ts';
export { type Candidate, type Completion, check, complete, type Validity } from './complete.ts';
export { QueryError, type QueryErrorReason } from './error.ts';
export type { Field, FieldType } from './field.ts';
export { type FieldRow, fieldsOf } from './fields.ts';
export { createSchema, type ProtocolFields, type Schema } from './schema.ts';
export { type FilteredSink, filtered } from './sink.ts';
