/**
 * Measures Porthole beside its peers, in one run on one machine, and prints a table.
 *
 *   npm run bench [-- NAME ...] [--quick] [--seconds 8] [--rounds 3] [--only TEXT]
 *
 * A measure is a file beside this one that exports `name` and `run` (lib/measure.ts); none named means all.
 * Ends with 1 when a measure could not be taken; a target that is missed is told, not punished: machines differ.
 */
import { readdirSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import type { Measure, Row } from './lib/measure.ts';
import { table } from './lib/table.ts';

const { values, positionals } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    seconds: { type: 'string' },
    rounds: { type: 'string' },
    only: { type: 'string', default: '' },
  },
  allowPositionals: true,
});
const { quick } = values;
const options = {
  quick,
  seconds: Number(values.seconds ?? (quick ? 1 : 8)),
  rounds: Number(values.rounds ?? (quick ? 1 : 3)),
  only: values.only,
  note: (text: string) => console.error(`  ${text}`),
};

const files = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts' && !file.endsWith('.test.ts'))
  .sort();
const known = files.map((file) => file.slice(0, -3));
const unknown = positionals.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`no measure ${unknown.join(', ')}; there are ${known.join(', ')}`);
  process.exit(2);
}

const rows: Row[] = [];
let failed = false;
for (const name of positionals.length > 0 ? positionals : known) {
  const measure = (await import(`./${name}.ts`)) as Measure;
  console.error(`${name} ...`);
  try {
    rows.push(...(await measure.run(options)));
  } catch (error) {
    failed = true;
    console.error(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
  }
}

const gib = Math.round(totalmem() / 2 ** 30);
console.log(
  `${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}, ${gib} GiB, Linux ${release()}, Node ${process.versions.node}${quick ? ', QUICK: figures say little' : ''}\n`,
);
console.log(table(rows));
process.exit(failed ? 1 : 0);
