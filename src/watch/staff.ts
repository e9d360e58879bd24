/** The processes beside the parser, started before it is known what they are to do: they load meanwhile. */
import { Opener } from '../capture/opener/index.ts';
import { Lookout } from '../lookout/index.ts';

export interface Staff {
  readonly opener: Opener;
  readonly lookout: Lookout;
}

/** Call it before giving rights up. They end when this process does, or their channels are closed. */
export function startStaff(): Staff {
  const lookout = Lookout.start();
  return { lookout, opener: Opener.start(lookout.orders) };
}
