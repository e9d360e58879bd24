// One running watch: targets, source, taps. Who starts it (the command line today) decides what is
// tapped and printed; nothing here knows of terminals or formats.
export { Opener, type OutputSpec, openNew, type SaveSpec } from '../capture/opener/index.ts';
export type { User } from '../capture/sys/index.ts';
export { type KnownNamespace, Lookout, type Member } from '../lookout/index.ts';
export { Fanout, type FrameTap } from './fanout.ts';
export { type FollowListener, follow, type OwnersNews } from './follow.ts';
export {
  giveUpRights,
  type LiveWatch,
  openLive,
  parserUser,
  requireCapabilities,
  WatchError,
} from './live.ts';
export { type Staff, startStaff } from './staff.ts';
