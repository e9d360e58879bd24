import type { Endpoint } from '../../model/index.ts';

/** One end as people know it; the name is the one that was known last. */
export interface Party {
  readonly address: string;
  readonly name: string | undefined;
}

/** Of sums. */
export const nobody: Party = { address: '', name: undefined };

export function partyOf({ address, name }: Endpoint, before: Party): Party {
  const isSame = before.address === address && (name === undefined || before.name === name);
  return isSame ? before : { address, name };
}

/** Replicas behind one name are one server. */
export const serverKey = ({ name, address, port }: Endpoint): string => `${name ?? address}:${port}`;
