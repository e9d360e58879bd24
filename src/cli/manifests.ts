/** Objects of Kubernetes as YAML that people read: deploy/ and `kube install --dry-run`. */
import { type InstallSettings, standingObjects, tokenRecipe } from '../kube/index.ts';

export async function yamlText(value: object): Promise<string> {
  // Of the client's library, which knows what YAML's readers would take for something else.
  const { dumpYaml } = await import('@kubernetes/client-node');
  return dumpYaml(value, { lineWidth: -1, noRefs: true });
}

/** Documents behind each other, without the token: how to make that is in the comment. */
export async function manifestText(settings: InstallSettings): Promise<string> {
  const documents = await Promise.all(standingObjects(settings).map((object) => yamlText(object)));
  const recipe = tokenRecipe
    .replaceAll('NAMESPACE', settings.namespace)
    .split('\n')
    .map((line) => `#   ${line}`)
    .join('\n');
  return `# Porthole's standing agents, as 'porthole kube install --dry-run -o yaml' prints them. 'porthole kube install' also
# makes the token; with kubectl alone, make it once, behind the namespace:
#
${recipe}
#
# Who may read secret porthole-token may capture on every node.
---
${documents.join('---\n')}`;
}
