/**
 * Writes test/differential/CONFORMANCE.md: every recording and every public capture beside tshark. Needs both the
 * public captures (test/support/traces.ts) and tshark: `sh scripts/node.sh scripts/conformance.ts`.
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { compareAll, render } from '../test/differential/conformance/report.ts';
import { tsharkVersion } from '../test/differential/conformance/theirs.ts';
import { noTraces } from '../test/support/traces.ts';

if (noTraces) throw new Error(noTraces);
const report = await compareAll();
for (const line of report.unexplained) console.error(`not argued: ${line}`);
for (const why of report.stale) console.error(`not needed: ${why}`);
if (report.unexplained.length + report.stale.length > 0) process.exit(1);
writeFileSync(
  resolve(import.meta.dirname, '../test/differential/CONFORMANCE.md'),
  render(report, await tsharkVersion()),
);
