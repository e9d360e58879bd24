/** Which of what was typed names containers: those come and go, and are followed. */
import { type ContainerSelector, parseSelectors, type Selector } from './selector.ts';

const fixed = new Set<Selector['kind']>(['pid', 'comm', 'port', 'netns', 'path', 'host']);

/** Throws TargetError of kind usage. */
export function livingSelectors(spec: string): ContainerSelector[] {
  return parseSelectors(spec).filter((selector) => !fixed.has(selector.kind)) as ContainerSelector[];
}

/** `one`: names only, each of one container; `group`: others may join; `no`: processes and namespaces. */
export function isLiving(spec: string): 'no' | 'one' | 'group' {
  const living = livingSelectors(spec);
  if (living.length === 0) return 'no';
  return living.every((selector) => selector.kind === 'name') ? 'one' : 'group';
}
