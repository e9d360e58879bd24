// The page's server. What is on the page is in web/ at the top; who has a desk hands it in.
export type { About, WatchableTarget } from './about.ts';
export { encodeFrame } from './frame.ts';
export type { Outbox } from './outbox.ts';
export { loadPage } from './page.ts';
export { type PageServer, startServer, type Talk } from './server.ts';
export { DeskTalk, type Post } from './talk.ts';
