/**
 * Selectors of labels as Kubernetes writes them: `app=web,tier in (a,b),env!=test,!beta,canary`.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
 */

export type LabelSelector = (labels: Readonly<Record<string, string>>) => boolean;

/** Undefined: what is wrong with it is where it cannot be read on. */
export function parseLabelSelector(text: string): LabelSelector | { readonly wrong: string } {
  const tests: LabelSelector[] = [];
  for (let rest = text.trim(); rest !== ''; ) {
    const [whole, not, key, set, values, equals, value] =
      /^(?:(!)\s*)?([\w./-]+)(?:\s+(in|notin)\s*\(([^()]*)\)|\s*(==|=|!=)\s*([\w.-]*))?\s*(?:,\s*|$)/.exec(
        rest,
      ) ?? [];
    if (whole === undefined || (not !== undefined && (set ?? equals) !== undefined)) return { wrong: rest };
    tests.push(requirement(key!, not, set, values, equals, value));
    rest = rest.slice(whole.length);
  }
  return (labels) => tests.every((test) => test(labels));
}

function requirement(
  key: string,
  not: string | undefined,
  set: string | undefined,
  values: string | undefined,
  equals: string | undefined,
  value: string | undefined,
): LabelSelector {
  const has: LabelSelector = (labels) => Object.hasOwn(labels, key);
  if (set === undefined && equals === undefined) return not === undefined ? has : (labels) => !has(labels);
  const wanted = set === undefined ? [value!] : values!.split(',').map((v) => v.trim());
  const isOne: LabelSelector = (labels) => has(labels) && wanted.includes(labels[key]!);
  // As with notin: what has no such label is none of them.
  return set === 'notin' || equals === '!=' ? (labels) => !isOne(labels) : isOne;
}
