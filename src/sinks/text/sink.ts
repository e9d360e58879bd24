import type {
  Connection,
  ConversationSummary,
  Exchange,
  Loss,
  LossKind,
  Message,
  Platform,
  Sink,
  SinkContext,
} from '../../model/index.ts';
import { viewBody } from './body.ts';
import { escapeLine } from './escape.ts';
import { formatDuration, formatSize, TimeFormat, type TimeStyle } from './format.ts';
import { conversationText, missingText, type Roles, rolesOf, valuesOf, whoText } from './line.ts';

export interface TextOptions {
  /** false = the reader is too slow right now: entries are left out and counted until it has caught up. */
  readonly write: (text: string) => boolean;
  readonly color: boolean;
  readonly verbose: 0 | 1 | 2 | 3;
  readonly time: TimeStyle;
  readonly nano: boolean;
  /** Columns; 0 = not a terminal, lines are never cut. */
  readonly width: number;
  readonly redact: (exchange: Exchange) => Exchange;
  readonly platform: Platform;
  /** Names instead of addresses where known. */
  readonly names: boolean;
  readonly showTarget: boolean;
  readonly showSecrets?: boolean;
}

const colors: Readonly<Record<Exchange['outcome'], string>> = {
  ok: '32',
  clientError: '33',
  serverError: '31',
  failed: '31',
  unanswered: '35',
  info: '36',
};

/** Characters of a body shown with -vv, and with -vvv. */
const bodyText = { 2: 4096, 3: 1024 * 1024 };
/** Text gathered within a batch before it is written. */
const chunkChars = 64 * 1024;
/** A subject is not cut shorter than this. */
const minSubject = 16;

export function createTextSink(options: TextOptions): Sink {
  const { color, verbose, redact, names } = options;
  const time = new TimeFormat(options.time, options.nano ? 9 : verbose > 0 ? 6 : 3);
  const roles = new Map<string, Roles>();
  const whos = new WeakMap<Connection, string>();
  let context: SinkContext;
  let pending = '';
  let behind = false;
  let shed = 0;
  const losses = new Map<LossKind, Loss>();

  const paint = (code: string, text: string) => (color && text !== '' ? `\x1b[${code}m${text}\x1b[0m` : text);

  function put(text: string): void {
    pending += text;
    if (pending.length >= chunkChars) flush();
  }

  function flush(): void {
    if (pending === '') return;
    const text = pending;
    pending = '';
    behind = !options.write(text);
  }

  /** Whether an entry may be shown; counts those that may not. */
  function admitted(): boolean {
    if (!behind) return true;
    behind = !options.write('');
    if (behind) {
      shed++;
      return false;
    }
    tellShed();
    return true;
  }

  function tellShed(): void {
    if (shed === 0) return;
    put(`${paint('31', '!!')} ${shed} entries not shown: the reader of this output was too slow\n`);
    shed = 0;
  }

  function who(connection: Connection): string {
    let text = whos.get(connection);
    if (text === undefined) {
      const target =
        options.showTarget && connection.target !== ''
          ? `${paint(targetColor(connection.target), escapeLine(connection.target))} `
          : '';
      text = target + whoText(connection, names, verbose > 0);
      whos.set(connection, text);
    }
    return text;
  }

  function stamp(at: number): string {
    const sec = Math.floor(at / 1e9);
    const text = time.format(context.clock.baseSec + sec, at - sec * 1e9);
    return text === '' ? '' : `${paint('2', text)} `;
  }

  function rolesFor(protocol: string): Roles {
    let found = roles.get(protocol);
    if (!found) {
      const declared = context.fields.get(protocol);
      found = rolesOf(declared?.title ?? protocol, declared?.fields ?? []);
      roles.set(protocol, found);
    }
    return found;
  }

  function entry(exchange: Exchange): string {
    const { operation, subject, result, title } = rolesFor(exchange.protocol);
    const { request, response, outcome } = exchange;
    const what = valuesOf(exchange, operation) || title;
    let about = valuesOf(exchange, subject);
    const answer = valuesOf(exchange, result);
    const place = who(exchange.connection);
    const duration = response && request ? ` ${formatDuration(exchange.endAt - exchange.startAt)}` : '';
    const sizes = ` ${request ? formatSize(request.wireBytes) : '-'}/${response ? formatSize(response.wireBytes) : '-'}`;
    const notes =
      missingText(exchange.missing) + (verbose > 0 ? exchange.weirds.map((w) => ` (${w})`).join('') : '');
    const outcomeText = answer || (outcome === 'unanswered' ? 'no answer' : '');
    if (options.width > 0) {
      const fixed =
        13 +
        plainLength(place) +
        what.length +
        outcomeText.length +
        duration.length +
        sizes.length +
        notes.length +
        8;
      about = cutMiddle(about, Math.max(minSubject, options.width - fixed));
    }
    const head = `${stamp(exchange.startAt)}${place} ${paint('1', what)}${about === '' ? '' : ` ${about}`}`;
    const tail = outcomeText === '' ? '' : ` -> ${paint(colors[outcome], outcomeText)}`;
    return `${head}${tail}${paint('2', duration + sizes)}${paint('33', notes)}\n`;
  }

  function details(exchange: Exchange): string {
    let text = fieldLines(exchange);
    if (exchange.request) text += messageLines('>', exchange.request);
    if (exchange.response) text += messageLines('<', exchange.response);
    return `${text}\n`;
  }

  function fieldLines(exchange: Exchange): string {
    if (verbose < 3) return '';
    let text = '';
    for (const field of context.fields.get(exchange.protocol)?.fields ?? []) {
      const value = exchange.fields[field.name];
      if (value === undefined) continue;
      const shown =
        field.type === 'durationNs' ? formatDuration(value as number) : valuesOf(exchange, [field.name]);
      text += `  ${paint('2', `${field.name}:`)} ${shown}\n`;
    }
    return text;
  }

  function messageLines(mark: string, message: Message): string {
    const lead = `  ${paint(mark === '>' ? '36' : '32', mark)} `;
    let text = message.startLine === '' ? '' : `${lead}${escapeLine(message.startLine)}\n`;
    for (const [name, value] of message.headers)
      text += `${lead}${paint('2', `${escapeLine(name)}:`)} ${escapeLine(value)}\n`;
    if (verbose >= 2 && message.body) {
      const view = viewBody(
        message.body,
        options.platform,
        options.showSecrets === true,
        verbose >= 3 ? bodyText[3] : bodyText[2],
      );
      text += `${lead}\n`;
      for (const line of view.lines) text += `${lead}${line}\n`;
      if (view.notes.length > 0) text += `${lead}${paint('2', `(${view.notes.join('; ')})`)}\n`;
    }
    for (const [name, value] of message.trailers)
      text += `${lead}${paint('2', `${escapeLine(name)} (trailer):`)} ${escapeLine(value)}\n`;
    return text;
  }

  function tellLosses(): void {
    for (const loss of losses.values()) put(`${paint('31', '!!')} ${lossText(loss)}\n`);
    losses.clear();
  }

  return {
    open(given) {
      context = given;
    },
    exchange(exchange) {
      if (!admitted()) return;
      const clean = redact(exchange);
      put(verbose > 0 ? entry(clean) + details(clean) : entry(clean));
    },
    conversation(summary: ConversationSummary) {
      if (!admitted()) return;
      put(
        `${stamp(summary.startAt)}${who(summary.connection)} ${paint('1', escapeLine(summary.protocol))} ${paint(summary.ended === 'refused' ? '31' : '2', conversationText(summary))} ${paint('2', formatDuration(summary.endAt - summary.startAt))}\n`,
      );
    },
    loss(loss) {
      const before = losses.get(loss.kind);
      losses.set(loss.kind, before ? { ...loss, count: before.count + loss.count } : loss);
    },
    note(text) {
      put(`${paint('2', `-- ${escapeLine(text)}`)}\n`);
    },
    batch() {
      tellLosses();
      if (behind) admitted();
      if (!behind) tellShed();
      flush();
    },
    close() {
      tellLosses();
      tellShed();
      flush();
    },
  };
}

export function lossText({ kind, count, iface, detail }: Loss): string {
  const on = iface?.name ? ` on ${escapeLine(iface.name)}` : '';
  switch (kind) {
    case 'kernelDrop':
      return `${count} packets lost${on}: the kernel had no room in the ring (-B makes it larger)`;
    case 'freeze':
      return `the ring${on} was full ${count} times`;
    case 'snaplen':
      return `${count} packets cut by the snap length${on}`;
    case 'evicted':
      return `${count} ${detail ?? 'connections forgotten: a memory limit was reached'}`;
    case 'shed':
      return `${count} entries not shown: the reader of this output was too slow`;
    case 'damaged':
      return escapeLine(detail ?? 'the capture is damaged');
  }
}

/** Stable over runs: by the name alone. */
function targetColor(target: string): string {
  let hash = 0;
  for (let i = 0; i < target.length; i++) hash = (hash * 31 + target.charCodeAt(i)) >>> 0;
  return String([34, 35, 36, 32, 33, 94, 95, 96][hash % 8]);
}

function plainLength(text: string): number {
  return text.includes('\x1b') ? text.replace(/\x1b\[[\d;]*m/g, '').length : text.length;
}

/** Both ends tell most of a path. */
function cutMiddle(text: string, width: number): string {
  if (text.length <= width) return text;
  const left = Math.ceil((width - 1) * 0.6);
  return `${text.slice(0, left)}…${text.slice(text.length - (width - 1 - left))}`;
}
