/** Selectors of lists, as the API server reads them. */
interface Described {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
}

/** `app=web,tier in (a,b),env notin (c),x,!y` (apimachinery/pkg/labels). */
export function fitsLabels(selector: string, { metadata: { labels = {} } }: Described): boolean {
  return selector
    .split(/,(?![^(]*\))/)
    .filter((term) => term !== '')
    .every((term) => {
      const set = /^(\S+) (in|notin) \(([^)]*)\)$/.exec(term);
      if (set) return set[3]!.split(',').includes(labels[set[1]!] ?? '\0') === (set[2] === 'in');
      const [key = '', value] = term.split('=');
      if (value !== undefined) return labels[key] === value;
      return key.startsWith('!') ? !(key.slice(1) in labels) : key in labels;
    });
}

/** `metadata.name=web,spec.nodeName=n1,status.phase!=Failed` (apimachinery/pkg/fields). */
export function fitsFields(selector: string, object: Described): boolean {
  return selector
    .split(',')
    .filter((term) => term !== '')
    .every((term) => {
      const [, path = '', not = '', value] = /^([^!=]+)(!?)=(.*)$/.exec(term) ?? [];
      const found = path
        .split('.')
        .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], object);
      return ((found ?? '') === value) === (not === '');
    });
}
