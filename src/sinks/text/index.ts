// For people at a terminal: one line an exchange, more with -v. Driven by declared fields, never by a
// protocol's name. Whatever came from the network is escaped before it is printed. A reader that is too
// slow costs entries, which are counted, never the capture.
export { stdoutText, type TextOut } from './out.ts';
export { createTextSink, type TextOptions } from './sink.ts';
