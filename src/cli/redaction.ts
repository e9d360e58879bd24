/** The options about secrets: what is masked, and by which rules. */
import { readFileSync } from 'node:fs';
import type { Rules } from '../redact/index.ts';
import type { CaptureOptions } from './capture-options.ts';
import { CliError, UsageError } from './errors.ts';
import type { OptionRow } from './options.ts';

export const revealRow: OptionRow = { long: 'reveal', help: 'show secrets; else they are masked as ***' };

/** undefined: nothing is masked in what is shown. @throws UsageError, CliError */
export async function shownRules(options: CaptureOptions, reveal: boolean): Promise<Rules | undefined> {
  const rules = await givenRules(options);
  return reveal ? undefined : rules;
}

/** @throws UsageError, CliError */
export async function givenRules({ redactRules: path }: CaptureOptions): Promise<Rules> {
  const { defaultRules, parseRules, RulesError } = await import('../redact/index.ts');
  if (path === undefined) return defaultRules;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new CliError(`cannot read the rules file ${path}: ${(error as NodeJS.ErrnoException).code}`);
  }
  try {
    return parseRules(text);
  } catch (error) {
    if (!(error instanceof RulesError)) throw error;
    throw new UsageError(`--redact-rules ${path}: ${error.message}`);
  }
}
