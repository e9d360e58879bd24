// The terminal's face. Draws into pictures of cells, sends what changed of them, and never waits for a terminal
// that stands still. What keys do is in one table (commands.ts). Knows of no protocol: rows, fields, columns and
// queries are the desk's.
export { App, type AppOptions } from './app.ts';
export { type Look, type PickRow, pick } from './picker.ts';
export { Stage } from './stage.ts';
