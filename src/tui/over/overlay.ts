/** What lies over the panes and takes the keys: menus, lines to fill in, questions. */
import type { Surface } from '../draw/surface.ts';
import type { Input } from '../terminal/keys.ts';

export interface Overlay {
  /** @returns 'close': it is done */
  input(input: Input): 'stay' | 'close';
  draw(surface: Surface): void;
}
