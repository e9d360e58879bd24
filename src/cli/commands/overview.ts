/** `porthole` alone: a live table of what can be watched; Enter watches; without anything, the demo. */
import type { Target } from '../../model/index.ts';
import { sampleTraffic, type TrafficSample } from '../../target/index.ts';
import { listTargets, targetSpec } from '../listing.ts';
import { formatRate, formatTable } from '../table.ts';
import { stderr } from '../terminal.ts';
import { format as formatList, runtimeText } from './ps.ts';

export async function run(_argv: string[]): Promise<number> {
  const notes: string[] = [];
  const targets = await listTargets((text) => notes.push(text));
  if (targets.length === 0) {
    for (const note of notes) stderr(note);
    (await import('../../watch/index.ts')).requireCapabilities();
    stderr('no container here to watch: this is the demo (Ctrl-C ends it)');
    return (await import('./demo.ts')).run([]);
  }
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    process.stdout.write(formatList(targets, false));
    stderr("'porthole NAME' watches one; 'porthole --help' tells more");
    return 0;
  }
  const chosen = await pick(targets);
  if (!chosen) return 0;
  const spec = targetSpec(chosen);
  process.stderr.write(`porthole watch ${spec}${chosen.hostNetwork ? ' --host' : ''}\n`);
  return (await import('./watch.ts')).run(chosen.hostNetwork ? [spec, '--host'] : [spec]);
}

interface Row {
  target: Target;
  before: TrafficSample | undefined;
  now: TrafficSample | undefined;
}

/** How often rates and the list are read, ms. */
const refreshMs = 1000;

/** The one chosen with Enter; undefined for q. The terminal is left as it was found. */
function pick(first: readonly Target[]): Promise<Target | undefined> {
  let rows: Row[] = first.map((target) => ({ target, before: undefined, now: sampleTraffic(target) }));
  let selected = 0;
  const out = process.stdout;

  const draw = () => {
    const height = Math.max(1, (out.rows || 24) - 4);
    const width = out.columns || 80;
    const room = textRoom(width);
    const top = Math.max(0, Math.min(selected - height + 1, rows.length - height));
    const [head, ...lines] = formatTable(
      ['NAME', 'RUNTIME', 'IMAGE', 'IPS', 'IN', 'OUT', 'LO'],
      rows.map(({ target: t, before, now }) => [
        clipped(t.name, room),
        runtimeText(t),
        clipped(t.image || '<none>', room),
        clipped(addressOf(t), room),
        rate(before?.rxBytes, now?.rxBytes),
        rate(before?.txBytes, now?.txBytes),
        rate(before?.loopbackBytes, now?.loopbackBytes),
      ]),
    )
      .trimEnd()
      .split('\n');
    const shown = lines.slice(top, top + height).map((line, i) => {
      const text = line.slice(0, width - 2);
      return i + top === selected ? `\x1b[7m> ${text.padEnd(width - 2)}\x1b[0m` : `  ${text}`;
    });
    const footer = 'Enter watches, j/k or arrows move, q quits';
    out.write(
      `\x1b[?2026h\x1b[H\x1b[J  ${head!.slice(0, width - 2)}\n${shown.join('\n')}\n\n  ${footer}\x1b[?2026l`,
    );
  };

  return new Promise((resolve) => {
    let over = false;
    const timer = setInterval(async () => {
      const targets = await listTargets(() => {}).catch(() => rows.map((r) => r.target));
      if (over) return;
      const old = new Map(rows.map((r) => [`${r.target.netns}/${r.target.name}`, r]));
      const current = rows[selected]?.target;
      rows = targets.map((target) => ({
        target,
        before: old.get(`${target.netns}/${target.name}`)?.now,
        now: sampleTraffic(target),
      }));
      // The selection stays on its target, wherever that is now.
      const at = rows.findIndex((r) => r.target.netns === current?.netns && r.target.name === current.name);
      selected = Math.max(0, Math.min(at >= 0 ? at : selected, rows.length - 1));
      draw();
    }, refreshMs);
    const leave = () => end(undefined);
    const end = (target: Target | undefined) => {
      if (over) return;
      over = true;
      clearInterval(timer);
      process.stdin.off('data', onData).setRawMode(false).pause();
      out.off('resize', draw);
      for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.off(signal, leave);
      out.write('\x1b[?25h\x1b[?1049l');
      resolve(target);
    };
    const onData = (data: Buffer) => {
      for (const [key] of data.toString('latin1').matchAll(keys)) if (!over) onKey(key);
      if (!over) draw();
    };
    const onKey = (key: string) => {
      if (key === 'q' || key === '\x03' || key === '\x1b') end(undefined);
      else if (key === '\r' || key === '\n') end(rows[selected]?.target);
      else if (key === 'j' || key === '\x1b[B' || key === '\x1bOB')
        selected = Math.min(rows.length - 1, selected + 1);
      else if (key === 'k' || key === '\x1b[A' || key === '\x1bOA') selected = Math.max(0, selected - 1);
      else if (key === 'g' || key === '\x1b[H') selected = 0;
      else if (key === 'G' || key === '\x1b[F') selected = Math.max(0, rows.length - 1);
    };
    out.write('\x1b[?1049h\x1b[?25l');
    process.stdin.setRawMode(true).resume().on('data', onData);
    out.on('resize', draw);
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.once(signal, leave);
    draw();
  });
}

/** Of name, image and address each: what beside them is as wide as rates and runtimes are. */
const textRoom = (width: number): number => Math.max(8, Math.floor((width - 50) / 3));

const clipped = (text: string, room: number): string =>
  text.length > room ? `${text.slice(0, room - 1)}…` : text;

/** The first that others reach it by; link-local ones say nothing. */
const addressOf = ({ addresses }: Target): string =>
  addresses.find((address) => !/^fe80:/i.test(address)) ?? addresses[0] ?? '<none>';

/** What a terminal sends at once may be several keys: escape sequences, or single characters. */
const keys = /\x1b[[O][A-Z]|[\s\S]/g;

function rate(before: number | undefined, now: number | undefined): string {
  return before === undefined || now === undefined ? '-' : formatRate(((now - before) * 1000) / refreshMs);
}
