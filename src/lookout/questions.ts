/**
 * What the parser may ask. It has no rights of its own, so an answer must not tell more than a watch may show:
 * something about the namespaces that are watched.
 */
import type { News, Question } from './messages.ts';
import type { Seats } from './seats.ts';

/** Synchronous and quick: the lookout follows the runtimes meanwhile. undefined: no answer. */
export type Answerer = (question: Question, seats: Seats) => News | undefined;

/** By the question's `ask`; one module each. */
export const answerers: ReadonlyMap<string, Answerer> = new Map();
