// What a capture sums up to. Sums are made as things happen and stay small: every table has a limit, what is
// beyond it is summed and counted. Driven by declared fields and roles, never by a protocol's name. The report
// is data (report.ts); text and JSON are made of it.
export type { Report, TalkerOrder } from './report.ts';
export { createStatsSink, type StatsOptions, type StatsSink } from './sink.ts';
export { type ReportTextOptions, reportLines } from './text.ts';
