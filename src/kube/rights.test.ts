import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { loadAllYaml } from '@kubernetes/client-node';
import { clientRules } from './install-objects.ts';
import { kinds } from './kinds.ts';
import {
  ephemeralRights,
  kindRight,
  niceRights,
  onDemandRights,
  type Right,
  rightText,
  standingRights,
  watchRights,
} from './rights.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** Every single right of a role's rules. */
function rightsOf(rules: readonly Rule[]): string[] {
  const all = rules.flatMap(({ apiGroups, resources, resourceNames = [''], verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        resourceNames.flatMap((name) =>
          verbs.map((verb) => rightText({ verb, group, resource, name, without: '' })),
        ),
      ),
    ),
  );
  return all.sort();
}

function rulesOf(file: string): readonly Rule[] {
  const text = readFileSync(new URL(`../../deploy/rbac/${file}`, import.meta.url), 'utf8');
  return (loadAllYaml(text) as { rules?: Rule[] }[]).flatMap(({ rules = [] }) => rules);
}

const texts = (rights: readonly Right[]) => rights.map(rightText).sort();

test('the roles give the rights that are asked for, and no others', () => {
  const workloads = kinds.flatMap(({ name }) => kindRight(name) ?? []);
  assert.deepEqual(rightsOf(rulesOf('watch.yaml')), texts([...watchRights, ...niceRights, ...workloads]));
  assert.deepEqual(rightsOf(rulesOf('on-demand.yaml')), texts(onDemandRights));
  assert.deepEqual(rightsOf(rulesOf('ephemeral.yaml')), texts(ephemeralRights));
  assert.deepEqual(rightsOf(clientRules), texts(standingRights));
});
