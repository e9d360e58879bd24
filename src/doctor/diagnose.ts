/** Facts -> findings. */
import type { Facts } from './facts.ts';
import type { Finding, Severity } from './finding.ts';
import { blindRules } from './rules/blind.ts';
import { machineRules, surroundings } from './rules/machine.ts';
import { namespaceRules, neighbourhood, otherRuntimes, refusalRules, watchable } from './rules/target.ts';
import { fewJoined, trafficRules } from './rules/traffic.ts';

/** In the order in which a cause is believed before the next: one that holds makes the later ones likely effects. */
const rules: readonly ((facts: Facts) => readonly Finding[])[] = [
  machineRules,
  refusalRules,
  namespaceRules,
  trafficRules,
  blindRules,
  fewJoined,
  neighbourhood,
  otherRuntimes,
  watchable,
  surroundings,
];

const weights: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };

/** The most likely cause first; nothing when all is well. */
export function diagnose(facts: Facts): Finding[] {
  const found = rules.flatMap((rule) => rule(facts));
  return found.sort((a, b) => weights[a.severity] - weights[b.severity]);
}

export const isHealthy = (findings: readonly Finding[]): boolean =>
  findings.every((finding) => finding.severity !== 'error');
