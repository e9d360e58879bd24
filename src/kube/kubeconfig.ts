/**
 * Of the client library only what reads kubeconfigs is used. It names the library's generated API, some thousand
 * modules that take longer to load (0.4 s) than everything else until the first packet: they are left out.
 */
import { type ModuleHooks, registerHooks } from 'node:module';
import type { KubeConfig } from '@kubernetes/client-node';

/** What the reader imports of the generated API, and uses in makeApiClient alone, which is never called here. */
const stub = `data:text/javascript,${encodeURIComponent('export const createConfiguration = undefined, ServerConfiguration = undefined;')}`;

export async function kubeConfig(): Promise<typeof KubeConfig> {
  let hooks: ModuleHooks | undefined;
  try {
    hooks = registerHooks({
      resolve: (specifier, context, next) =>
        specifier === './gen/index.js' && /client-node\/dist\/config\.js$/.test(context.parentURL ?? '')
          ? { url: stub, shortCircuit: true }
          : next(specifier, context),
    });
    return (await import('@kubernetes/client-node/dist/config.js')).KubeConfig;
  } catch {
    // Another release of the library is made otherwise.
    hooks?.deregister();
    return (await import('@kubernetes/client-node')).KubeConfig;
  } finally {
    hooks?.deregister();
  }
}
