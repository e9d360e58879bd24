/**
 * The lookout's process. Descriptor 3 is the parser's channel, 4 the opener's; it ends when the parser does.
 */
import { closeSync } from 'node:fs';
import { Poller, pair, receiveMessage, SystemError, sendMessage } from '../capture/sys/index.ts';
import { usePorts } from '../target/index.ts';
import { Follower } from './follower.ts';
import type { KnownNamespace, LookoutConfig, News, Question } from './messages.ts';
import { Owners } from './owners.ts';
import { answerers } from './questions.ts';
import { Seats } from './seats.ts';

const channel = 3;
const orders = 4;

/** The parser decides when to end: the terminal's signals reach all of us. */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGTSTP'] as const)
  process.on(signal, () => {});

/** Whom we tell is gone: so are we. */
function send(to: number, text: string, fd?: number): void {
  try {
    sendMessage(to, text, fd);
  } catch (error) {
    if (error instanceof SystemError && (error.code === 'EPIPE' || error.code === 'ECONNRESET'))
      process.exit(0);
    throw error;
  }
}

const tell = (news: News) => send(channel, JSON.stringify(news));

function receive<T>(): T | undefined {
  const message = receiveMessage(channel);
  return message && (JSON.parse(message.text) as T);
}

async function main(): Promise<void> {
  const config = receive<LookoutConfig>();
  if (!config) return;
  if (config.questionPorts > 0) usePorts(config.questionPorts);
  const seats = new Seats();
  for (let i = 0; i < config.known; i++) {
    const known = receive<KnownNamespace>();
    if (!known) return;
    // A namespace of many members comes in pieces.
    const begun = seats.at(known.inode);
    if (begun) begun.members = [...begun.members, ...known.members];
    else seats.add(known);
  }
  const [wake, woken] = pair();
  const owners = config.tellsOwners ? new Owners(seats, tell) : undefined;
  const looking = owners?.run();
  // Another set of processes to wait for.
  const changed = () => sendMessage(wake, '');
  const follower = config.isFollowing
    ? new Follower(config, seats, {
        tell,
        entrust(seat, fd) {
          send(orders, JSON.stringify({ add: seat.namespace }), fd);
          closeSync(fd);
          owners?.changed();
        },
        takeBack(seat) {
          send(orders, JSON.stringify({ drop: seat.namespace }));
          owners?.changed();
        },
        changed,
      })
    : // Nobody joins or leaves: only names are news.
      new Follower(config, new Seats(), {
        tell(news) {
          if (news.news === 'names') tell(news);
        },
        entrust: (_seat, fd) => closeSync(fd),
        takeBack() {},
        changed,
      });
  follower.start();
  const poller = new Poller();
  for (;;) {
    poller.watch([channel, woken, ...follower.fds()]);
    await poller.wait(-1);
    if (poller.ready(woken)) receiveMessage(woken);
    if (poller.ready(channel)) {
      const question = receive<Question>();
      if (!question) {
        owners?.stop();
        return looking;
      }
      const answer = answerers.get(question.ask)?.(question, seats);
      if (answer) tell(answer);
    }
    follower.look((fd) => poller.ready(fd));
  }
}

await main();
process.exit(0);
