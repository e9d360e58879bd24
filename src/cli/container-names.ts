/** Addresses of the containers and pods that a filter names: asked for only when it names some. */
import type { ContainerAddresses, ContainerName } from '../bpf/index.ts';
import type { RuntimeChoice } from '../target/index.ts';

/** Of loopback and of a link: everybody has them. */
const shared = /^127\.|^::1$|^fe80:/;

/**
 * What the runtimes say of each, by kind and name: `container` takes what a target may be called, `pod` a
 * pod's name with or without its namespace.
 */
export class ContainerNames {
  readonly #found = new Map<string, ContainerAddresses>();

  /** Never rejects: what is wrong with a name is told where it stands in the filter. */
  async lookUp(wanted: readonly ContainerName[], choice: RuntimeChoice): Promise<void> {
    const { closeDoors, resolve } = await import('../target/index.ts');
    const { inspector } = await import('./listing.ts');
    const options = { ...choice, ...inspector() };
    await Promise.all(
      wanted.map(async ({ kind, name }) => {
        this.#found.set(`${kind} ${name}`, await addressesOf(kind, name, (spec) => resolve(spec, options)));
      }),
    );
    // What comes next may be without rights.
    closeDoors();
  }

  /**
   * Names that a capture file brings along are better than those of today. @param records pairs of an
   * address and a name, `a+b` for those that share it
   */
  learn(wanted: readonly ContainerName[], records: Iterable<readonly [address: string, name: string]>): void {
    const known = [...records].filter(([address]) => !shared.test(address));
    for (const { kind, name } of wanted) {
      const addresses = known.filter(([, label]) => isOf(name, label)).map(([address]) => address);
      if (addresses.length > 0) this.#found.set(`${kind} ${name}`, { addresses: [...new Set(addresses)] });
    }
  }

  get(kind: 'container' | 'pod', name: string): ContainerAddresses {
    return this.#found.get(`${kind} ${name}`) ?? { problem: `no ${kind} '${name}'`, hint: '' };
  }
}

/** `web` is called so, is one of `web+sidecar`, or is `shop/web`, a pod with its namespace. */
const scheme = /^(docker|podman|containerd|cri|machine|pod)[:]|^pod\//;

function isOf(given: string, label: string): boolean {
  const name = given.replace(scheme, '');
  return label.split('+').some((each) => each === name || each.endsWith(`/${name}`));
}

type Resolve = typeof import('../target/index.ts').resolve;

async function addressesOf(
  kind: 'container' | 'pod',
  name: string,
  resolve: (spec: string) => ReturnType<Resolve>,
): Promise<ContainerAddresses> {
  try {
    const targets = await resolve(kind === 'pod' && !/^pod[:/]/.test(name) ? `pod:${name}` : name);
    const addresses = targets
      .flatMap((target) => target.addresses)
      .filter((address) => !shared.test(address));
    if (addresses.length > 0) return { addresses: [...new Set(addresses)] };
    return {
      problem: `the ${kind} '${name}' has no address`,
      hint: 'it has no network but loopback; watch it as the target to see that',
    };
  } catch (error) {
    if ((error as Error).name !== 'TargetError') throw error;
    const { message, hint, kind: reason } = error as Error & { hint: string; kind: string };
    // It has the addresses of the host, which are those of all that runs on it.
    if (reason === 'host-network')
      return {
        problem: `the ${kind} '${name}' uses the network of the host and has no address of its own`,
        hint: 'its ports tell it apart: port NUMBER',
      };
    return { problem: message, hint };
  }
}
