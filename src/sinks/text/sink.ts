import type {
  Connection,
  ConversationSummary,
  Endpoint,
  Exchange,
  FieldSpec,
  Loss,
  Platform,
  Sink,
  SinkContext,
} from '../../model/index.ts';
import type { Redactor } from '../../redact/index.ts';
import { kubeText, meshText } from './cluster.ts';
import { detailsText, startsText } from './details.ts';
import { escapeText } from './escape.ts';
import {
  conversationText,
  entryText,
  lossText,
  processesText,
  type Roles,
  rolesOf,
  viewsText,
  whoText,
} from './line.ts';
import { styleOf } from './style.ts';
import { createTimeFormat, type TimeStyle } from './time.ts';
import { formatDuration } from './units.ts';
import { columns } from './width.ts';

export interface TextOptions {
  /** false = the reader is too slow right now: entries are left out and counted until it has caught up. */
  readonly write: (text: string) => boolean;
  readonly color: boolean;
  readonly verbose: 0 | 1 | 2 | 3;
  readonly time: TimeStyle;
  readonly nano: boolean;
  /** Columns; 0 = not a terminal, lines are never cut. */
  readonly width: number;
  /** undefined: everything is shown (--reveal). */
  readonly redactor: Redactor | undefined;
  readonly platform: Platform;
  /** Names instead of addresses where known. */
  readonly names: boolean;
  readonly showTarget: boolean;
  /** Live: what has waited for long is told before it is over. */
  readonly pending?: boolean;
}

/** Text gathered within a batch before it is written. */
const chunkChars = 64 * 1024;
const noFields: readonly FieldSpec[] = [];

/** The beginning of a line, and how wide it is without its colours. */
interface Lead {
  readonly text: string;
  readonly columns: number;
  /** As they were known when it was made. */
  readonly client: Endpoint['process'];
  readonly server: Endpoint['process'];
  readonly kube: Endpoint['kube'];
}

export function createTextSink(options: TextOptions): Sink {
  const { verbose, redactor, width } = options;
  const style = styleOf(options.color);
  const details = { verbose, style, platform: options.platform, redactor };
  const roles = new Map<string, Roles>();
  const specs = new Map<string, FieldSpec>();
  const leads = new WeakMap<Connection, Lead>();
  let fields: SinkContext['fields'] = new Map();
  let stamp: (at: number) => string = () => '';
  let pending = '';
  let behind = false;
  let shed = 0;
  const losses = new Map<string, Loss>();

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

  /** Asks a reader that was behind whether it has caught up; then tells what it missed. */
  function catchUp(): void {
    if (!behind) return;
    behind = !options.write('');
    if (!behind) tellShed();
  }

  /** Whether an entry may be shown; counts those that may not. */
  function admitted(): boolean {
    catchUp();
    if (behind) shed++;
    return !behind;
  }

  function tell(text: string): void {
    put(`${style.alarm('!!')} ${text}\n`);
  }

  function tellShed(): void {
    if (shed > 0) tell(lossText({ kind: 'shed', count: shed }));
    shed = 0;
  }

  function tellLosses(): void {
    for (const loss of losses.values()) tell(lossText(loss));
    losses.clear();
  }

  /** Whose it is and who talks to whom. */
  function leadOf(connection: Connection): Lead {
    const client = connection.client.process;
    const server = connection.server.process;
    let lead = leads.get(connection);
    const { kube } = connection.server;
    if (!lead || lead.client !== client || lead.server !== server || lead.kube !== kube) {
      const who = whoText(connection, options.names, verbose > 0);
      const target = options.showTarget ? escapeText(connection.target) : '';
      const side = meshText(connection.mesh);
      const place = `${style.label(target)}${target && ' '}${style.dim(side)}${side && ' '}`;
      const wide =
        columns(who) + 1 + columns(target) + columns(side) + (target === '' ? 0 : 1) + (side === '' ? 0 : 1);
      lead = { text: `${place}${who} `, columns: wide, client, server, kube };
      leads.set(connection, lead);
    }
    return lead;
  }

  /** Whose processes they are; where else it was seen, and how it was called there. */
  function aboutEnds(connection: Connection): string {
    const { views } = connection;
    const seen = views === undefined ? '' : viewsText(views);
    const lines = [kubeText(connection), processesText(connection, options.names), seen];
    return lines.map((line) => (line === '' ? '' : `  ${style.dim(line)}\n`)).join('');
  }

  function rolesFor(protocol: string): Roles {
    let found = roles.get(protocol);
    if (!found) {
      const declared = fields.get(protocol);
      found = rolesOf(declared?.title ?? protocol, declared?.fields ?? noFields);
      roles.set(protocol, found);
    }
    return found;
  }

  /** Its protocol's, then those that it has from what carried it. */
  function fieldsOf(exchange: Exchange): readonly FieldSpec[] {
    const own = fields.get(exchange.protocol)?.fields ?? noFields;
    let all: FieldSpec[] | undefined;
    for (const name in exchange.fields) {
      const spec = specs.get(name);
      if (spec === undefined || own.some((field) => field.name === name)) continue;
      all ??= [...own];
      all.push(spec);
    }
    return all ?? own;
  }

  function entry(exchange: Exchange): string {
    const time = stamp(exchange.startAt);
    const lead = leadOf(exchange.connection);
    return entryText({
      lead: time === '' ? lead.text : `${style.dim(time)} ${lead.text}`,
      leadColumns: lead.columns + (time === '' ? 0 : time.length + 1),
      exchange,
      roles: rolesFor(exchange.protocol),
      style,
      width,
      weirds: verbose > 0,
    });
  }

  /** Only what the line shows is cleaned: that is most of what there is to do. */
  function shownLine(exchange: Exchange): string {
    return entry(redactor ? redactor.fieldsOf(exchange, rolesFor(exchange.protocol).all) : exchange);
  }

  return {
    open(context) {
      fields = context.fields;
      for (const module of fields.values())
        for (const field of module.fields) if (!specs.has(field.name)) specs.set(field.name, field);
      stamp = createTimeFormat(context.clock, options.time, options.nano);
    },
    ...(options.pending ? { waiting: (exchange: Exchange) => admitted() && put(shownLine(exchange)) } : {}),
    exchange(exchange) {
      if (!admitted()) return;
      if (verbose === 0) {
        put(shownLine(exchange));
        return;
      }
      const clean = redactor ? redactor.exchange(exchange) : exchange;
      put(entry(clean));
      put(aboutEnds(clean.connection));
      put(detailsText(clean, fieldsOf(clean), { ...details, verbose }));
    },
    conversation(summary: ConversationSummary) {
      if (!admitted()) return;
      const time = stamp(summary.startAt);
      const text = conversationText(summary, verbose > 0);
      const shown = style.dim(text);
      const duration = style.dim(formatDuration(summary.endAt - summary.startAt));
      put(
        `${time === '' ? '' : `${style.dim(time)} `}${leadOf(summary.connection).text}${style.bold(escapeText(summary.protocol))} ${shown} ${duration}\n`,
      );
      if (verbose !== 0) put(aboutEnds(summary.connection));
      if (verbose !== 0) put(startsText(summary, { ...details, verbose }));
    },
    loss(loss) {
      // One line a batch for each kind and interface.
      const key = `${loss.kind} ${loss.iface?.id ?? ''}`;
      const before = losses.get(key);
      losses.set(key, before ? { ...loss, count: before.count + loss.count } : loss);
    },
    note(text) {
      put(`${style.dim(`-- ${escapeText(text)}`)}\n`);
    },
    batch() {
      tellLosses();
      catchUp();
      flush();
    },
    close() {
      tellLosses();
      tellShed();
      flush();
    },
  };
}
