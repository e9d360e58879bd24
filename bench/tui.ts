/**
 * What the terminal UI costs beside the decoding that it shows: `porthole tui` in a terminal of 160x50 (tmux), nginx
 * under a load of some 5,000 requests a second, the list following. The same process under the same load with a
 * terminal that stands still (^S) draws nothing: what it uses less then is what drawing costs. What a picture costs
 * is what the program itself has measured (its page behind `i`).
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { launcher } from '../test/support/porthole.ts';
import { openTerminal } from '../test/support/terminal.ts';
import { type Bed, serveHttp, withBed } from './lib/bed.ts';
import { cpuSeconds } from './lib/cpu.ts';
import type { MeasureOptions, Row } from './lib/measure.ts';
import { median, spread } from './lib/stats.ts';

export const name = 'tui';

/** wrk's connections and the milliseconds each waits between requests: some 5,000 a second together. */
const connections = 55;
const pauseMs = 10;
/** Until V8 has compiled what it runs. */
const warmUpSeconds = 6;

interface Round {
  /** CPU seconds a second: all, of it drawing. */
  readonly all: number;
  readonly drawing: number;
  readonly perSecond: number;
}

export async function run({ seconds, rounds, note }: MeasureOptions): Promise<Row[]> {
  return withBed(async (bed) => {
    const { url } = await serveHttp(bed);
    const total = warmUpSeconds + (2 * seconds + 2) * rounds + 5;
    const load = requests(bed, url, total);
    const terminal = openTerminal({ TERM: 'screen-256color' }, { columns: 160, rows: 50 });
    try {
      await terminal.sees(/\$/);
      terminal.type(`'${launcher}' tui netns:${bed.server} port 80`, 'Enter');
      await terminal.sees(/following/);
      const begun = performance.now();
      const pane = terminal.tmux('display', '-p', '-t', 't', '#{pane_pid} #{pane_tty}').trim().split(' ');
      const pid = Number(readFileSync(`/proc/${pane[0]}/task/${pane[0]}/children`, 'latin1').trim());
      // ^S is a key of the UI: here it is the terminal's.
      execFileSync('stty', ['-F', pane[1]!, 'ixon']);
      await sleep(warmUpSeconds * 1000);
      const over = async () => {
        const [from, at] = [cpuSeconds([pid]), performance.now()];
        await sleep(seconds * 1000);
        return (cpuSeconds([pid]) - from) / ((performance.now() - at) / 1000);
      };
      const found: Round[] = [];
      for (let round = 0; round < rounds; round++) {
        const [before, at] = [came(terminal.screen()), performance.now()];
        const all = await over();
        const perSecond = ((came(terminal.screen()) - before) / (performance.now() - at)) * 1000;
        terminal.type('C-s');
        await sleep(500);
        const without = await over();
        terminal.type('C-q');
        await sleep(1000);
        found.push({ all, drawing: all - without, perSecond });
        note(
          `${perSecond.toFixed(0)} exchanges/s: ${(all * 100).toFixed(0)}% of a core, ${((all - without) * 100).toFixed(1)}% of it drawing`,
        );
      }
      const lasted = (performance.now() - begun) / 1000;
      terminal.type('i');
      const status = await terminal.sees(/pictures, .* each/);
      terminal.type('Q');
      const end = await terminal.sees(/exchanges? in/);
      const [, drawn = '', each = '', most = ''] = /([\d,]+) pictures, (.*) each, at most (.*)/.exec(status)!;
      const eachMs = milliseconds(each);
      const drawing = found.map((one) => one.drawing * 100);
      const of = (key: keyof Round) => found.map((one) => one[key]);
      return [
        {
          measure: 'tui, 160x50, a picture',
          porthole: `${each} (of ${drawn}; at most ${most})`,
          peer: '',
          target: '< 2 ms',
          met: eachMs < 2,
          remark: `${((Number(drawn.replaceAll(',', '')) * eachMs) / 10 / lasted).toFixed(1)} % of the time`,
        },
        {
          measure: `tui, 160x50, ${median(of('perSecond')).toFixed(0)} exchanges/s: drawing`,
          porthole: `${spread(drawing)} % of a core`,
          peer: '',
          target: '< 15 %',
          met: median(drawing) < 15,
          remark: `decoding, list and drawing together ${(median(of('all')) * 100).toFixed(0)} %; ${/\d+ packets dropped/.exec(end)?.[0] ?? ''}`,
        },
      ];
    } finally {
      terminal.close();
      await load;
    }
  });
}

/** Entries in the title. */
const came = (screen: string) => Number(/ ([\d,]+) {2}following/.exec(screen)?.[1]?.replaceAll(',', ''));

function milliseconds(text: string): number {
  const [, value, unit] = /^([\d.]+) (\S+)$/.exec(text)!;
  return Number(value) * { ns: 1e-6, µs: 1e-3, ms: 1, s: 1000 }[unit as 'ms']!;
}

async function requests(bed: Bed, url: string, seconds: number): Promise<void> {
  const script = join(bed.directory, 'pause.lua');
  writeFileSync(script, `function delay() return ${pauseMs} end\n`);
  await bed.load('wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, url);
}
