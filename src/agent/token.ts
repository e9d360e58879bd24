/** Who may speak to an agent: whoever knows the token whose digest the agent was given. */
import { createHash, timingSafeEqual } from 'node:crypto';

const digestOf = (token: string) => createHash('sha256').update(token).digest();

/** SHA-256 in hexadecimal: what an agent is given, which says nothing of the token. */
export const tokenDigest = (token: string): string => digestOf(token).toString('hex');

/** In a time that does not depend on where they differ. */
export function isTokenOf(token: string | undefined, digest: string): boolean {
  const wanted = Buffer.from(digest, 'hex');
  if (wanted.length !== 32 || token === undefined) return false;
  return timingSafeEqual(digestOf(token), wanted);
}
