/**
 * Of the client library only what reads kubeconfigs is used, and of that only what a kubeconfig needs. It names the
 * library's generated API, some thousand modules (0.4 s to load), and what few kubeconfigs ask for: providers that are
 * deprecated since Kubernetes 1.26, proxies. Those are left out (50 ms) until a kubeconfig has one of them.
 */
import { type ModuleHooks, registerHooks } from 'node:module';
import type { KubeConfig } from '@kubernetes/client-node';

const module = (text: string) => `data:text/javascript,${encodeURIComponent(text)}`;
/** Knows no user: where one of them would have been asked, `isPlain` has said so. */
const provider = (name: string) =>
  module(`export class ${name} { isAuthProvider() { return false; } applyAuthentication() {} }`);

/** Used in makeApiClient alone, which is never called here. */
const generated = { './gen/index.js': module('export let createConfiguration, ServerConfiguration;') };
const seldom: Readonly<Record<string, string>> = {
  ...generated,
  './azure_auth.js': provider('AzureAuth'),
  './gcp_auth.js': provider('GoogleCloudPlatformAuth'),
  './oidc_auth.js': provider('OpenIDConnectAuth'),
  // Used by applyToFetchOptions, which is never called here.
  'node-fetch': module('export let Headers;'),
  hpagent: module('export let HttpProxyAgent, HttpsProxyAgent;'),
  'socks-proxy-agent': module('export let SocksProxyAgent;'),
  // Imported by its name it gives all its exports at once, those too that are made when they are asked for (undici: 20 ms).
  'node:http': module("export default process.getBuiltinModule('node:http');"),
};

const reader = '@kubernetes/client-node/dist/config.js';

async function load(name: string, instead: Readonly<Record<string, string>>): Promise<typeof KubeConfig> {
  let hooks: ModuleHooks | undefined;
  try {
    hooks = registerHooks({
      resolve: (specifier, context, next) =>
        Object.hasOwn(instead, specifier) &&
        /client-node\/dist\/config\.js(\?\w+)?$/.test(context.parentURL ?? '')
          ? { url: instead[specifier]!, shortCircuit: true }
          : next(specifier, context),
    });
    return ((await import(name)) as { KubeConfig: typeof KubeConfig }).KubeConfig;
  } catch {
    // Another release of the library is made otherwise.
    hooks?.deregister();
    return (await import('@kubernetes/client-node')).KubeConfig;
  } finally {
    hooks?.deregister();
  }
}

/** Reads every kubeconfig; what it reads may need `wholeKubeConfig` to be used. */
export const kubeConfig = (): Promise<typeof KubeConfig> => load(reader, seldom);

/** With providers and proxies: the same file under another name is another module, with imports of its own. */
export const wholeKubeConfig = (): Promise<typeof KubeConfig> =>
  load(`${import.meta.resolve(reader)}?whole`, generated);

/** The context that is chosen can be used with what `kubeConfig` has: tokens, files, certificates, plugins. */
export function isPlain(config: KubeConfig): boolean {
  const provider = config.getCurrentUser()?.authProvider as { name?: string } | null | undefined;
  return !/^(azure|gcp|oidc)$/.test(provider?.name ?? '') && !config.getCurrentCluster()?.proxyUrl;
}
