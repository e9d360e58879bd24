/** The command line as `kubectl porthole`: flags speak kubectl's language and are said again in Porthole's. */

/** Of kubectl, with a value: what it is called here. */
const withValue: Readonly<Record<string, string>> = {
  '-n': '--namespace',
  '--namespace': '--namespace',
  '-l': '--selector',
  '--selector': '--selector',
  '--context': '--context',
  '--kubeconfig': '--kubeconfig',
  '--as': '--as',
  '-o': '--output',
  '--output': '--output',
};

const switches: Readonly<Record<string, string>> = {
  '-A': '--all-namespaces',
  '--all-namespaces': '--all-namespaces',
};

/** Every container of a pod is in one network namespace: all of them are watched. */
const container = new Set(['-c', '--container']);

const commands = new Set(['watch', 'dump', 'stats', 'doctor']);
/** Of the standing agents: `porthole kube install`. */
const standing = new Set(['install', 'uninstall', 'status']);
const own = new Set(['--help', '-h', '--version', '-V', 'help', 'version', 'fields', 'filter', 'kube']);

/** What follows `--` is the filter; other flags are Porthole's, by their long names. */
export function fromKubectl(argv: readonly string[]): string[] {
  const [first = ''] = argv;
  if (own.has(first)) return [...argv];
  const isStanding = standing.has(first);
  const isCommand = isStanding || commands.has(first);
  const words: string[] = isStanding ? ['kube', first] : [isCommand ? first : 'watch', '--kube'];
  const rest = isCommand ? argv.slice(1) : argv;
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i]!;
    if (word === '--') return [...words, '--', ...rest.slice(i + 1)];
    const [, name = word, value] = /^(--[a-z-]+)=(.*)$/s.exec(word) ?? [];
    const glued = /^(-[nlco])(.+)$/s.exec(word);
    if (container.has(name)) {
      if (value === undefined) i++;
    } else if (glued?.[1] === '-c') {
      // Its value is in the same word.
    } else if (glued && !word.startsWith('--')) words.push(withValue[glued[1]!]!, glued[2]!);
    else if (withValue[name] !== undefined) {
      words.push(withValue[name]);
      const given = value ?? rest[++i];
      if (given !== undefined) words.push(given);
    } else words.push(switches[word] ?? word);
  }
  return words;
}
