/**
 * Every recording of every protocol, and the public captures where they are there, beside tshark: no difference
 * that is not argued, no argument that is not needed, nothing odd that is not, and the table of it up to date.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { writeHttpCapture } from '../support/http-capture.ts';
import { scratch } from '../support/scratch.ts';
import { missing } from '../support/tools.ts';
import { noTraces } from '../support/traces.ts';
import { count, differences } from './conformance/facts.ts';
import { ours } from './conformance/ours.ts';
import { compareAll, type Report, render, rowText } from './conformance/report.ts';
import { theirs, tsharkVersion } from './conformance/theirs.ts';

const skip = missing('tshark');

describe('beside tshark', { skip }, () => {
  let report: Report;
  before(async () => {
    report = await compareAll();
  });

  test('nothing differs, and nothing is odd, that is not argued', () => {
    assert.deepEqual(report.unexplained, []);
  });

  test('as many messages as there were', () => {
    const lines = report.rows.reduce((n, row) => n + row.lines, 0);
    assert.ok(lines > 1500, `${lines} lines compared`);
    for (const { capture, lines } of report.rows)
      assert.ok(lines > 0 || capture.startsWith('public/') || capture === 'tls/joined-later', capture);
  });

  test('generated traffic: many connections at once', async () => {
    const path = join(scratch(), 'http.pcap');
    const { exchanges } = writeHttpCapture(path, { connections: 40, requestsPerConnection: 50 });
    const [mine, tshark] = await Promise.all([ours(path), theirs(path, [])]);
    assert.deepEqual(differences(mine.facts, tshark.facts), []);
    assert.equal(count(tshark.facts, 'http pair'), exchanges);
  });

  test('no argument is stale', { skip: noTraces }, () => {
    assert.deepEqual(report.stale, []);
  });

  test('the table is up to date: sh scripts/node.sh scripts/conformance.ts', async (t) => {
    const table = readFileSync(join(import.meta.dirname, 'CONFORMANCE.md'), 'utf8');
    const version = await tsharkVersion();
    if (!table.includes(`tshark ${version};`)) return t.skip(`made with another tshark than ${version}`);
    if (!noTraces) assert.equal(table, render(report, version));
    const rows = new Set(table.split('\n'));
    assert.deepEqual(
      report.rows.map(rowText).filter((row) => !rows.has(row)),
      [],
    );
  });
});
