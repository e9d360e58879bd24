// For scripts: one JSON object a line, `"v":1`, documented in docs/json.md and docs/json.schema.json.
// Keys are only ever added within a version.
export { createJsonSink, type JsonOptions } from './sink.ts';
