/** node:test reporter: one line a file, failures in full, and the plain closing line that CI reads. */
import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';

export default async function* reporter(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  const skips = new Map<string, number>();
  const failures: string[] = [];
  for await (const event of source) {
    if (event.type === 'test:pass' || event.type === 'test:fail') {
      const data = event.data;
      if (data.details.type === 'suite') continue;
      const file = data.file ? relative(process.cwd(), data.file) : '';
      // Each file run in its own process is itself reported as a test: not one of ours.
      if (data.nesting === 0 && data.name === data.file) continue;
      if (event.type === 'test:fail' && !data.todo) {
        failed++;
        const error = (data.details as { error?: Error & { cause?: unknown } }).error;
        const cause = error?.cause;
        const text =
          cause instanceof Error ? (cause.stack ?? cause.message) : String(cause ?? error?.message ?? '');
        failures.push(`not ok ${file}: ${data.name}\n${text.replace(/^/gm, '    ')}`);
        yield `FAIL ${file}: ${data.name}\n${text.replace(/^/gm, '    ')}\n`;
      } else if (data.skip !== undefined) {
        skipped++;
        const reason = `${data.skip === true || data.skip === '' ? 'no reason given' : data.skip}`;
        skips.set(reason, (skips.get(reason) ?? 0) + 1);
      } else {
        passed++;
        if (data.nesting === 0 && process.env['VERBOSE']) yield `ok ${file}: ${data.name}\n`;
      }
    } else if (event.type === 'test:stderr' || event.type === 'test:stdout') {
      yield event.data.message;
    }
  }
  for (const [reason, count] of skips) yield `skipped ${count}: ${reason}\n`;
  if (failures.length > 0)
    yield `\n${failures.length} failures:\n${failures.map((f) => f.split('\n')[0]).join('\n')}\n`;
  yield `${passed} passed, ${failed} failed, ${skipped} skipped\n`;
}
