import type { FarDesk } from './desk.ts';
export async function localDesk(_file: File): Promise<FarDesk> {
  throw new Error('not yet');
}
