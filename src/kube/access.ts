/** The way to the API server, as a kubeconfig has it: which server, who we are, which connections are used again. */
import type { RequestOptions } from 'node:http';
import { Agent } from 'node:https';
import { isDeepStrictEqual } from 'node:util';
import type { KubeConfig } from '@kubernetes/client-node';
import { isPlain, kubeConfig, wholeKubeConfig } from './kubeconfig.ts';
import { KubeError } from './selection.ts';

export interface AccessOptions {
  /** Path; default: KUBECONFIG, ~/.kube/config, the service account of a pod. */
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** So long what the kubeconfig says is taken as said: a burst of questions runs an exec plugin once. */
const credentialsMs = 5000;
/** What of a request's options belongs to the connection it goes over. */
const ofConnection = ['ca', 'cert', 'key', 'passphrase', 'pfx', 'rejectUnauthorized', 'servername'] as const;

/** Reads it and takes the context that is asked for. Throws KubeError. */
function chosen(Config: typeof KubeConfig, { kubeconfig, context }: AccessOptions): KubeConfig {
  const config = new Config();
  try {
    if (kubeconfig !== undefined) config.loadFromFile(kubeconfig);
    else config.loadFromDefault();
  } catch (error) {
    throw new KubeError(
      `cannot read the kubeconfig: ${(error as Error).message}`,
      '--kubeconfig FILE names another',
    );
  }
  if (context === undefined) return config;
  if (!config.getContextObject(context)) {
    const names = config.getContexts().map(({ name }) => name);
    throw new KubeError(
      `no context '${context}' in the kubeconfig`,
      `there are: ${names.join(', ') || 'none'}`,
    );
  }
  config.setCurrentContext(context);
  return config;
}

export class Access {
  readonly #config: KubeConfig;
  /** Of the context; 'default' where it names none. */
  readonly namespace: string;
  readonly server: string;
  readonly user: string;
  readonly context: string;
  #credentials: { readonly at: number; readonly options: Promise<RequestOptions> } | undefined;
  #kept: { readonly own: object; readonly agent: Agent } | undefined;

  /** Throws KubeError: no kubeconfig, no such context. */
  static async load(options: AccessOptions): Promise<Access> {
    let config = chosen(await kubeConfig(), options);
    if (!isPlain(config)) config = chosen(await wholeKubeConfig(), options);
    // loadFromDefault makes one up for localhost:8080, which no server of today listens on.
    if (!config.getCurrentCluster() || config.getCurrentCluster()!.server === 'http://localhost:8080')
      throw new KubeError(
        'no cluster: there is no kubeconfig, or it has no current context',
        'KUBECONFIG or --kubeconfig FILE names one; kubectl config get-contexts lists what it has',
      );
    return new Access(config);
  }

  private constructor(config: KubeConfig) {
    this.#config = config;
    const context = config.getContextObject(config.getCurrentContext());
    this.namespace = context?.namespace ?? 'default';
    this.server = config.getCurrentCluster()!.server;
    this.user = config.getCurrentUser()?.name ?? '';
    this.context = config.getCurrentContext();
  }

  /** Throws KubeError. Who we are, and how the server is reached: certificates, tokens, what an exec plugin says, proxies. */
  options(): Promise<RequestOptions> {
    const now = Date.now();
    if (this.#credentials && now - this.#credentials.at < credentialsMs) return this.#credentials.options;
    const options = this.#authenticate();
    const credentials = { at: now, options };
    this.#credentials = credentials;
    options.catch(() => {
      if (this.#credentials === credentials) this.#credentials = undefined;
    });
    return options;
  }

  async #authenticate(): Promise<RequestOptions> {
    const options: RequestOptions = {};
    try {
      await this.#config.applyToHTTPSOptions(options as never);
    } catch (error) {
      throw new KubeError(
        `the kubeconfig's way to ${this.server} cannot be used: ${(error as Error).message}`,
        `it is that of context '${this.context}'`,
      );
    }
    if (options.agent instanceof Agent && !this.#config.getCurrentCluster()?.proxyUrl)
      options.agent = this.#keptAgent(options);
    return options;
  }

  /** A new connection costs three round trips, a kept one none: the library makes an agent for each request. */
  #keptAgent(options: RequestOptions): Agent {
    const parts = options as Record<string, unknown>;
    const own = Object.fromEntries(ofConnection.map((name) => [name, parts[name]]));
    // One that is replaced is not destroyed: watches go over it.
    if (!this.#kept || !isDeepStrictEqual(own, this.#kept.own))
      this.#kept = { own, agent: new Agent({ ...own, keepAlive: true }) };
    return this.#kept.agent;
  }

  /** Its connections may be old ones. */
  isKept(agent: unknown): boolean {
    return agent !== undefined && agent === this.#kept?.agent;
  }

  /** The server does not know us any more: the kubeconfig is asked again. */
  refused(): void {
    this.#credentials = undefined;
  }
}
