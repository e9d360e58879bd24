/** The options about secrets: what is masked, and by which rules. */
import { readFileSync } from 'node:fs';
import { defaultRules, parseRules, type Rules, RulesError } from '../redact/index.ts';
import { CliError, UsageError } from './errors.ts';
import type { OptionRow, Parsed } from './options.ts';

export const revealRow: OptionRow = { long: 'reveal', help: 'show secrets; else they are masked as ***' };
export const rulesRow: OptionRow = {
  long: 'redact-rules',
  value: 'FILE',
  help: 'more that is masked, and what is not (JSON, docs/redaction.md)',
};

/** undefined: nothing is masked in what is shown. @throws UsageError, CliError */
export function shownRules(parsed: Parsed): Rules | undefined {
  const rules = givenRules(parsed);
  return parsed.has('reveal') ? undefined : rules;
}

/** @throws CliError */
export function givenRules(parsed: Parsed): Rules {
  const path = parsed.value('redact-rules');
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
