/** Rules: what is built in, less what is switched off, and what a file adds. */
import { nearest } from '../util/nearest.ts';
import { createFinder, type Finder, PatternError } from '../util/regex/index.ts';
import { cardName } from './cards.ts';
import { formRules } from './forms.ts';
import { headerRule, headerRules } from './headers.ts';
import { keyRules } from './keys.ts';
import type { AddedNames } from './names.ts';
import { shapeNames } from './shapes.ts';
import { urlRules } from './urls.ts';

export const fieldRule = 'field';

/** Every built-in rule, by the name that counts are told under and that `off` takes. */
export const builtInRules: readonly string[] = [
  ...Object.values(headerRules),
  headerRule,
  ...Object.values(urlRules),
  ...Object.values(formRules),
  ...Object.values(keyRules),
  fieldRule,
  cardName,
  ...shapeNames,
];

export interface PatternRule {
  readonly name: string;
  readonly finder: Finder;
}

export interface Rules extends AddedNames {
  readonly patterns: readonly PatternRule[];
  readonly off: ReadonlySet<string>;
  /** Texts that are never secrets: the numbers of test cards, say. */
  readonly allowedTexts: ReadonlySet<string>;
}

export const defaultRules: Rules = {
  headers: [],
  parameters: [],
  fields: [],
  keys: [],
  allow: [],
  patterns: [],
  off: new Set(),
  allowedTexts: new Set(),
};

/** What is wrong with a rules file, as one line without the file's name. */
export class RulesError extends Error {
  override readonly name = 'RulesError';
}

/** Entries of each list: more would be data, not rules. */
const maxEntries = 1000;
const maxLength = 256;
const lists = ['headers', 'parameters', 'fields', 'keys'] as const;
const known = [...lists, 'patterns', 'off', 'allow'];

/**
 * A rules file, docs/redaction.md.
 * @throws RulesError
 */
export function parseRules(text: string): Rules {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (error) {
    throw new RulesError(`no JSON: ${(error as Error).message.replace(/\s+/g, ' ')}`);
  }
  const file = object(given, 'the file');
  only(file, known, '');
  const allow = file['allow'] === undefined ? {} : object(file['allow'], 'allow');
  only(allow, ['names', 'texts'], 'allow.');
  const off = strings(file['off'], 'off');
  off.forEach((name, i) => {
    if (!builtInRules.includes(name))
      throw new RulesError(`off[${i}]: no rule is called '${name}'${meant(name, builtInRules)}`);
  });
  const names = Object.fromEntries(lists.map((list) => [list, strings(file[list], list)]));
  return {
    ...(names as Record<(typeof lists)[number], string[]>),
    allow: strings(allow['names'], 'allow.names'),
    allowedTexts: new Set(strings(allow['texts'], 'allow.texts')),
    off: new Set(off),
    patterns: list(file['patterns'], 'patterns').map(pattern),
  };
}

function pattern(given: unknown, i: number): PatternRule {
  const where = `patterns[${i}]`;
  const rule = object(given, where);
  only(rule, ['name', 'pattern'], `${where}.`);
  const name = string(rule['name'], `${where}.name`);
  if (/[\x00-\x1f\x7f]/.test(name)) throw new RulesError(`${where}.name: control characters are in it`);
  const text = string(rule['pattern'], `${where}.pattern`);
  let finder: Finder;
  try {
    finder = createFinder(text);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new RulesError(
      `${where} ('${name}'): ${error.message}, at character ${error.position + 1}${error.hint && ` (${error.hint})`}`,
    );
  }
  if (finder.matchesNothing) throw new RulesError(`${where} ('${name}'): the pattern matches the empty text`);
  return { name, finder };
}

function object(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new RulesError(`${where}: an object {...} is needed, not ${kindOf(value)}`);
  return value as Record<string, unknown>;
}

function list(value: unknown, where: string): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new RulesError(`${where}: a list [...] is needed, not ${kindOf(value)}`);
  if (value.length > maxEntries)
    throw new RulesError(`${where}: ${value.length} entries; ${maxEntries} are the most`);
  return value;
}

function strings(value: unknown, where: string): string[] {
  return list(value, where).map((one, i) => string(one, `${where}[${i}]`));
}

function string(value: unknown, where: string): string {
  if (typeof value !== 'string') throw new RulesError(`${where}: a string is needed, not ${kindOf(value)}`);
  if (value.trim() === '') throw new RulesError(`${where}: it is empty`);
  if (value.length > maxLength)
    throw new RulesError(`${where}: ${value.length} characters; ${maxLength} are the most`);
  return value;
}

function only(value: object, names: readonly string[], prefix: string): void {
  for (const name of Object.keys(value))
    if (!names.includes(name)) throw new RulesError(`${prefix}${name}: no such setting${meant(name, names)}`);
}

function meant(name: string, names: readonly string[]): string {
  const [near] = nearest(name, names, 1);
  return near === undefined ? `; there are ${names.join(', ')}` : `; did you mean '${near}'?`;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `the ${typeof value} ${String(value).slice(0, 32)}`;
}
