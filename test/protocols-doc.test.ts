/** docs/protocols.md: every protocol is in it, and its lines are what the recordings give. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { openCaptureFile } from '../src/capture/file/index.ts';
import { platform } from '../src/cli/platform.ts';
import { createPipeline } from '../src/pipeline/index.ts';
import { declarations, inners, protocols } from '../src/protocols/registry.ts';
import { fixtureNames } from '../src/protocols/testing/fixture.ts';
import { createRedactor } from '../src/redact/index.ts';
import { createTextSink } from '../src/sinks/text/index.ts';

const root = resolve(import.meta.dirname, '..');
const doc = readFileSync(join(root, 'docs/protocols.md'), 'utf8');

async function textOf(path: string): Promise<string> {
  let text = '';
  const sink = createTextSink({
    ...{ verbose: 0, color: false, time: 0, nano: false, width: 0, names: true, showTarget: true },
    platform,
    redactor: createRedactor(),
    write(more) {
      text += more;
      return true;
    },
  });
  const pipeline = createPipeline({ protocols, inners, sinks: [sink], bodyLimit: 65_536 });
  const source = await openCaptureFile(path);
  await source.run(pipeline);
  await pipeline.finish(source.counters());
  return text;
}

test('every protocol is in it', () => {
  for (const { name } of declarations) assert.match(doc, new RegExp(`\`(porthole fields )?${name}\``), name);
});

test('its lines are real', async () => {
  const lines = [...doc.matchAll(/^\| [^|]+ \| `(127\.0\.0\.1 -> .*)` \|$/gm)].map(([, line]) => line!);
  assert.ok(lines.length > 10, `${lines.length} lines`);
  let text = '';
  for (const { name } of declarations) {
    const folder = join(root, 'src/protocols', name, 'fixtures');
    if (existsSync(folder))
      for (const fixture of fixtureNames(folder)) text += await textOf(join(folder, `${fixture}.pcap`));
  }
  assert.deepEqual(
    lines.filter((line) => !text.includes(line)),
    [],
  );
});
