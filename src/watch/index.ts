// One running watch: targets, source, taps. Who starts it (the command line today) decides what is
// tapped and printed; nothing here knows of terminals or formats.
export { Opener } from '../capture/opener/index.ts';
export { Fanout, type FrameTap } from './fanout.ts';
export { confine, openLive, requireCapabilities, WatchError } from './live.ts';
