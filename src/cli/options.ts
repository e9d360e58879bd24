/** Options as tables: parsing, `--help` and the completion of long names come from the same rows. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { UsageError } from './errors.ts';

export interface OptionRow {
  readonly long: string;
  readonly short?: string;
  /** Name of the value; without it the option is a switch. */
  readonly value?: string;
  /** May be given several times: switches count (-vv), values collect. */
  readonly repeat?: boolean;
  readonly help: string;
}

export interface Parsed {
  /** How often a switch was given. */
  count(long: string): number;
  has(long: string): boolean;
  /** Last value given. */
  value(long: string): string | undefined;
  values(long: string): string[];
  readonly words: string[];
  /** The word that directly follows each switch, for hints: `-n prod`. */
  readonly afterSwitch: ReadonlyMap<string, string>;
}

/** @param elsewhere hints for options that are not among `rows` but that people try, by name or letter */
export function parseOptions(
  argv: readonly string[],
  rows: readonly OptionRow[],
  elsewhere: Readonly<Record<string, string>> = {},
): Parsed {
  const config: NonNullable<ParseArgsConfig['options']> = {};
  for (const row of rows)
    config[row.long] = {
      type: row.value === undefined ? 'boolean' : 'string',
      multiple: true,
      ...(row.short ? { short: row.short } : {}),
    };
  const { tokens } = parseArgs({
    args: [...argv],
    options: config,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const seen = new Map<string, string[]>();
  const words: string[] = [];
  const afterSwitch = new Map<string, string>();
  let lastSwitch: { name: string; index: number } | undefined;
  for (const token of tokens) {
    if (token.kind === 'positional') {
      words.push(token.value);
      if (lastSwitch && token.index === lastSwitch.index + 1) afterSwitch.set(lastSwitch.name, token.value);
      continue;
    }
    if (token.kind !== 'option') continue;
    const row = rows.find((r) => r.long === token.name);
    if (!row)
      throw new UsageError(
        `unknown option ${token.rawName}`,
        elsewhere[token.name] ?? nearest(token.name, rows),
      );
    if (row.value === undefined && token.value !== undefined)
      throw new UsageError(`option ${token.rawName} takes no value, got '${token.value}'`);
    if (row.value !== undefined && token.value === undefined)
      throw new UsageError(`option ${token.rawName} needs a value: ${token.rawName} ${row.value}`);
    seen.set(row.long, [...(seen.get(row.long) ?? []), token.value ?? '']);
    lastSwitch = row.value === undefined ? { name: row.long, index: token.index } : undefined;
  }
  return {
    count: (long) => seen.get(long)?.length ?? 0,
    has: (long) => seen.has(long),
    value: (long) => seen.get(long)?.at(-1),
    values: (long) => seen.get(long) ?? [],
    words,
    afterSwitch,
  };
}

function nearest(name: string, rows: readonly OptionRow[]): string {
  const like = rows.filter(
    (r) => name.length > 2 && (r.long.startsWith(name.slice(0, 4)) || r.long.includes(name)),
  );
  return like.length > 0 ? `did you mean ${like.map((r) => `--${r.long}`).join(', ')}?` : 'see --help';
}

/** A whole number within bounds. */
export function integer(option: string, text: string, min: number, max = Number.MAX_SAFE_INTEGER): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max))
    throw new UsageError(
      `${option} ${text}: a whole number ${max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`} is needed`,
    );
  return value;
}

export function formatOptions(rows: readonly OptionRow[]): string {
  const heads = rows.map(
    (r) => `${r.short ? `-${r.short}, ` : '    '}--${r.long}${r.value === undefined ? '' : ` ${r.value}`}`,
  );
  const width = Math.min(34, Math.max(...heads.map((h) => h.length)));
  return rows
    .map((row, i) => {
      const head = heads[i]!;
      const gap = head.length > width ? `\n${' '.repeat(width + 4)}` : ' '.repeat(width - head.length + 2);
      return `  ${head}${gap}${row.help.replace(/\n/g, `\n${' '.repeat(width + 4)}`)}`;
    })
    .join('\n');
}
