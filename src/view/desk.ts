/** The model behind both faces: a sink that remembers, and answers. */
import type { Exchange, Frame, Loss, Platform, Sink, SinkContext, SourceCounters } from '../model/index.ts';
import {
  check,
  compile,
  complete,
  createSchema,
  type Entry,
  type Query,
  QueryError,
  type Schema,
} from '../query/index.ts';
import { createRedactor, type Rules } from '../redact/index.ts';
import { curlOf, fetchOf, httpieOf, httpRequestOf, rawOf } from './copy.ts';
import { type DetailSetting, detailOfConversation, detailOfExchange, timingOf } from './detail.ts';
import { FrameShelf } from './frames.ts';
import { type Held, Shelf } from './held.ts';
import { KeptList } from './list.ts';
import { cleanFrames, packetRows, streamPieces } from './packets.ts';
import { handshakesOf, isLookupFor } from './phases.ts';
import type {
  Candidate,
  Column,
  CopyAs,
  Desk,
  DeskState,
  Detail,
  Limits,
  List,
  PacketRow,
  Row,
  SaveAs,
  Saved,
  Statistics,
  StreamPiece,
  Timing,
  TrafficMap,
  Validity,
  Wanted,
  Which,
} from './ports.ts';
import { Rates } from './rates.ts';
import { RowMaker } from './row.ts';
import { captureOf, harText, jsonLines, type SavingSetting } from './saving.ts';
import { mermaidOf, svgOf } from './sequence.ts';
import { Tallies } from './tallies.ts';
import { Tally } from './tally.ts';
import { UnderWay } from './under-way.ts';
import { entryOf, fieldReader, fixedReaders, type Reader } from './values.ts';

export interface DeskOptions {
  readonly platform: Platform;
  /** What is masked; undefined: nothing (--reveal). */
  readonly rules: Rules | undefined;
  readonly limits?: Partial<Limits>;
  /** A file: no rates. */
  readonly isLive?: boolean;
  /** Milliseconds of a clock that never goes back (performance.now): bounds what one turn costs. */
  readonly now?: () => number;
  /** Of the program, for files. */
  readonly version?: string;
}

export const defaultLimits: Limits = {
  entries: 1_000_000,
  // A gigabyte is some 400,000 exchanges of a kilobyte each way.
  bytes: 1024 ** 3,
  packetBytes: 256 * 1024 ** 2,
};
/** Of the lines that say what happened. */
const notesKept = 100;
/** Marks of one session. */
const marksMax = 10_000;
/** Entries whose query is asked each turn, of every list. */
const workPerTurn = 20_000;
/** With a clock: what is behind is caught up with for so long each turn, so many entries at a time. */
const workMs = 25;
const workStep = 500;
/** Of a conversation's packets, in a file or a stream. */
const framesMax = 100_000;
/** Entries before one among which its lookup is searched. */
const lookupEntries = 500;
/** Entries of a file that is saved. */
const savedMax = 100_000;
const none: SourceCounters = {
  captured: 0,
  received: 0,
  dropped: 0,
  freezes: 0,
  snaplenCut: 0,
  duplicates: 0,
};

export function createDesk(options: DeskOptions): Desk {
  return new KeptDesk(options);
}

class KeptDesk implements Desk {
  readonly #options: DeskOptions;
  readonly #limits: Limits;
  readonly #redactor;
  readonly #rows: RowMaker;
  readonly #shelf: Shelf;
  readonly #lists = new Set<KeptList>();
  readonly #marks = new Set<number>();
  readonly #underWay = new UnderWay();
  readonly #losses = new Map<string, { kind: string; count: number; detail: string }>();
  readonly #notes: string[] = [];
  readonly #tallies: Tallies;
  readonly #rates = new Rates();
  readonly #frames: FrameShelf;
  #schema: Schema = createSchema([]);
  #nowMs = 0;
  #counters = none;
  readonly sink: Sink;

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#redactor = options.rules && createRedactor(options.rules);
    this.#rows = new RowMaker(this.#redactor);
    this.#shelf = new Shelf(this.#limits.entries, this.#limits.bytes);
    this.#frames = new FrameShelf(this.#limits.packetBytes);
    this.#tallies = new Tallies(this.#shelf, (query) => this.#newTally(query));
    this.sink = {
      frame: (frame) => this.#frames.add(frame),
      open: (context) => this.#opened(context),
      opened: (exchange) => this.#begin(exchange),
      exchange: (exchange) => this.#finish(exchange),
      conversation: (summary) => this.#add({ kind: 'conversation', summary }),
      loss: (loss) => this.#lost(loss),
      note: (text) => this.#note(text),
      close: (counters) => {
        this.#counters = counters;
      },
    };
  }

  turn(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#rates.turn(nowMs);
    this.#tallies.tend(nowMs);
    this.#work([...this.#lists, ...this.#tallies.all()]);
  }

  state(): DeskState {
    const shelf = this.#shelf;
    const shed = this.#losses.get('shed')?.count ?? 0;
    return {
      held: shelf.length,
      seen: shelf.next - 1,
      let: shelf.first - 1,
      bytes: shelf.bytes,
      limits: this.#limits,
      shed,
      losses: [...this.#losses.values()],
      notes: [...this.#notes],
      rates: this.#rates.rates(),
      behind: this.#tallies.behind,
      isLive: this.#options.isLive !== false && this.#counters === none,
    };
  }

  columns(): readonly Column[] {
    const fields = this.#schema.fields
      .filter(({ name, needsBody }) => !fixedReaders.has(name) && !needsBody)
      .map((field) => fieldReader(field, this.#setup(), (entry) => entry).column);
    return [...[...fixedReaders.values()].map(({ column }) => column), ...fields];
  }

  list(wanted: Wanted): List {
    const query = this.#compiled(wanted.query);
    const reader = wanted.order && this.#reader(wanted.order.column);
    const list = new KeptList({
      shelf: this.#shelf,
      query: query === 'wrong' || wanted.query.trim() === '' ? undefined : query,
      isWrong: query === 'wrong',
      sort: reader && { reader, descending: wanted.order!.descending },
      isMarked: wanted.marked ? (id) => this.#marks.has(id) : undefined,
      extra: (wanted.columns ?? []).map((name) => this.#reader(name)).filter((one) => one !== undefined),
      row: (id, held, extra) => this.#row(id, held, extra),
      onClose: (closed) => this.#lists.delete(closed),
    });
    this.#lists.add(list);
    return list;
  }

  check(query: string): Validity {
    const { state, error, notes } = check(query, this.#schema);
    const from = error?.position ?? 0;
    return {
      state: state === 'invalid' ? 'wrong' : state,
      message: error?.message ?? notes[0] ?? '',
      from,
      to: from + (error?.length ?? 0),
    };
  }

  complete(query: string, cursor: number): readonly Candidate[] {
    const { from, to, candidates } = complete(query, cursor, this.#schema);
    return candidates.map(({ text, description }) => ({ text, description, from, to }));
  }

  detail(id: number): Detail | undefined {
    const held = this.#shelf.get(id);
    if (!held) return undefined;
    const row = this.#row(id, held, []);
    if (held.kind === 'exchange') {
      const fields = this.#rows.declared.get(held.exchange.protocol)?.fields ?? [];
      const detail = detailOfExchange(row, held.exchange, fields, this.#detailSetting());
      return { ...detail, timing: { ...this.#before(id, held.exchange), ...detail.timing } };
    }
    if (held.kind === 'conversation') return detailOfConversation(row, held.summary, this.#detailSetting());
    return { row, title: row.subject, sections: [], timing: {}, connection: [], missing: [], copies: [] };
  }

  mark(id: number, isMarked: boolean): void {
    const held = this.#shelf.get(id);
    for (const mark of this.#marks) if (mark < this.#shelf.first) this.#marks.delete(mark);
    if (!held || (isMarked && this.#marks.size >= marksMax)) return;
    if (isMarked) this.#marks.add(id);
    else this.#marks.delete(id);
    for (const list of this.#lists) list.changed(id, held);
  }

  copy(id: number, as: CopyAs): string {
    const held = this.#shelf.get(id);
    if (held?.kind !== 'exchange') return this.#jsonText(id);
    const exchange = this.#clean(held.exchange) as Exchange;
    const request = httpRequestOf(exchange);
    switch (as) {
      case 'url':
        return request?.url ?? '';
      case 'curl':
        return request ? curlOf(request, exchange) : '';
      case 'fetch':
        return request ? fetchOf(request) : '';
      case 'httpie':
        return request ? httpieOf(request) : '';
      case 'raw':
        return rawOf(exchange, this.#options.platform);
      case 'har':
        return this.#har([id]).text;
      case 'mermaid':
        return mermaidOf([this.#row(id, held, [])]);
      case 'json':
        return this.#jsonText(id);
    }
  }

  packets(id: number, limit: number): { rows: readonly PacketRow[]; missing: string } {
    const entry = this.#entry(id);
    if (!entry) return { rows: [], missing: 'it has been let go of' };
    const { frames, missing } = this.#framesOf(entry, limit);
    return { rows: packetRows(frames, entry.connection), missing };
  }

  stream(id: number, limitBytes: number): { pieces: readonly StreamPiece[]; missing: string } {
    const entry = this.#entry(id);
    if (!entry) return { pieces: [], missing: 'it has been let go of' };
    const { frames, missing } = this.#framesOf(entry, framesMax, true);
    const { pieces, isCut } = streamPieces(frames, entry.connection, limitBytes);
    const more = isCut ? [`only the first ${limitBytes} bytes`] : [];
    return { pieces, missing: [missing, ...more].filter((text) => text !== '').join('; ') };
  }

  save(which: Which, as: SaveAs): Saved {
    const all = this.#chosen(which);
    const ids = all.slice(0, savedMax);
    const missing = all.length > ids.length ? [`only the first ${savedMax} of ${all.length} entries`] : [];
    const saved = (text: string, mediaType: string, extension: string): Saved => ({
      bytes: new TextEncoder().encode(text),
      ...{ mediaType, missing },
      fileName: `porthole.${extension}`,
    });
    const rows = () => ids.map((id) => this.#row(id, this.#shelf.get(id)!, []));
    switch (as) {
      case 'pcapng': {
        const { bytes, lost } = this.#captureOf(ids);
        if (lost > 0) missing.push(`packets of ${lost} entries have been let go of`);
        if (this.#redactor) missing.push('secrets that were found are masked');
        return { bytes, mediaType: 'application/vnd.tcpdump.pcap', fileName: 'porthole.pcapng', missing };
      }
      case 'har': {
        const { text, left } = this.#har(ids);
        if (left > 0) missing.push(`${left} entries are no exchanges of HTTP`);
        return saved(text, 'application/json', 'har');
      }
      case 'mermaid':
        return saved(mermaidOf(rows()), 'text/plain', 'mmd');
      case 'svg':
        return saved(svgOf(rows()), 'image/svg+xml', 'svg');
      case 'json':
        return saved(jsonLines(this.#heldOf(ids), this.#savingSetting()), 'application/x-ndjson', 'ndjson');
    }
  }

  statistics(query: string, bins: number): Statistics {
    return this.#tally(query).statistics(bins);
  }

  map(query: string, edges: number): TrafficMap {
    return this.#tally(query).map(edges);
  }

  clear(): void {
    this.#frames.clear();
    this.#shelf.clear();
    this.#marks.clear();
    this.#underWay.clear();
    this.#tallies.clear();
    for (const list of this.#lists) list.dropped(this.#shelf.first);
  }

  /** What is behind catches up: each a little in turn. */
  #work(all: readonly Pick<KeptList, 'work'>[]): void {
    const { now } = this.#options;
    const until = now ? now() + workMs : 0;
    let behind = [...all];
    for (let done = 0; behind.length > 0 && done < (now ? Number.POSITIVE_INFINITY : workPerTurn); ) {
      behind = behind.filter((list) => !list.work(workStep));
      done += workStep;
      if (now && now() >= until) return;
    }
  }

  #heldOf(ids: readonly number[]): Held[] {
    return ids.map((id) => this.#shelf.get(id)).filter((held) => held !== undefined);
  }

  #jsonText(id: number): string {
    return jsonLines(this.#heldOf([id]), this.#savingSetting()).trimEnd();
  }

  #opened(context: SinkContext): void {
    this.#rows.open(context);
    this.#schema = createSchema(
      [...context.fields].map(([name, { title, fields }]) => ({ name, title, fields })),
    );
  }

  #setup() {
    return { clock: this.#rows.clock, bytesOf: ({ bytes }: { bytes: Uint8Array }) => bytes };
  }

  #clean(entry: Entry): Entry {
    return this.#redactor && 'fields' in entry ? this.#redactor.exchange(entry) : entry;
  }

  #reader(name: string): Reader | undefined {
    const fixed = fixedReaders.get(name);
    if (fixed) return fixed;
    const field = this.#schema.field(name);
    return field && fieldReader(field, this.#setup(), (entry) => this.#clean(entry));
  }

  #compiled(text: string): Query | 'wrong' {
    try {
      return compile(text, this.#schema, { clock: this.#rows.clock, platform: this.#options.platform });
    } catch (error) {
      if (error instanceof QueryError) return 'wrong';
      throw error;
    }
  }

  #row(id: number, held: Held, extra: readonly string[]): Row {
    return this.#rows.row(id, held, this.#marks.has(id), extra);
  }

  /** Phases before a connection's first exchange. */
  #before(id: number, exchange: Exchange): Timing {
    const { connection } = exchange;
    const isTold = connection.transport === 'tcp' && !connection.joinedMidStream && exchange.request;
    if (!isTold || !this.#shelf.isFirstOf(connection, id)) return {};
    const ms = (at: number) => this.#rows.ms(at);
    const until = ms(exchange.startAt) + 0.001;
    const { frames } = this.#frames.of(connection, ms(connection.openedAt) - 0.001, until, framesMax);
    const lookup = this.#lookupOf(connection, id);
    return {
      ...(lookup ? { dnsNs: lookup.endAt - lookup.startAt } : {}),
      ...handshakesOf(frames, exchange, this.#rows.clock.baseSec),
    };
  }

  #lookupOf(connection: Exchange['connection'], id: number): Exchange | undefined {
    for (let one = id - 1; one >= Math.max(this.#shelf.first, id - lookupEntries); one--) {
      const held = this.#shelf.get(one);
      if (held?.kind === 'exchange' && !held.isOpen && isLookupFor(connection, held.exchange))
        return held.exchange;
    }
    return undefined;
  }

  #detailSetting(): DetailSetting {
    return {
      platform: this.#options.platform,
      redactor: this.#redactor,
      clock: this.#rows.clock,
      knows: (field) => this.#schema.has(field),
    };
  }

  #entry(id: number): Entry | undefined {
    const held = this.#shelf.get(id);
    return held && entryOf(held);
  }

  /** @param isWhole the conversation from its begin, else what went by while the entry lasted */
  #framesOf(entry: Entry, limit: number, isWhole = false): { frames: Frame[]; missing: string } {
    const ms = (at: number) => this.#rows.ms(at);
    const from = isWhole ? ms(entry.connection.openedAt) : ms(entry.startAt);
    // Its last packet may be acknowledged within the same millisecond; times are kept with fractions of it.
    const to = isWhole ? Number.POSITIVE_INFINITY : ms(entry.endAt) + 0.001;
    const { frames, isCut, more } = this.#frames.of(entry.connection, from - 0.001, to, limit);
    const notes = [
      ...(isCut || frames.length === 0 ? ['earlier packets have been let go of, or were not kept'] : []),
      ...(more > 0 ? [`${more} more`] : []),
    ];
    const { rules, platform } = this.#options;
    return { frames: cleanFrames(frames, rules, platform), missing: notes.join('; ') };
  }

  #captureOf(ids: readonly number[]): { bytes: Uint8Array; lost: number } {
    const parts: Frame[][] = [];
    let [count, lost] = [0, 0];
    for (const id of ids) {
      const entry = this.#entry(id);
      if (!entry || count >= framesMax) continue;
      const { frames } = this.#framesOf(entry, framesMax);
      if (frames.length === 0) lost++;
      count += frames.length;
      parts.push(frames);
    }
    return { bytes: captureOf(parts), lost };
  }

  #chosen(which: Which): number[] {
    const isEntry = (id: number) => this.#entry(id) !== undefined;
    if ('ids' in which) return which.ids.filter(isEntry).sort((a, b) => a - b);
    if ('marked' in which) return [...this.#marks].filter(isEntry).sort((a, b) => a - b);
    return [...this.#matching(which.query)];
  }

  *#matching(text: string): Generator<number> {
    const query = this.#compiled(text);
    if (query === 'wrong') return;
    for (let id = this.#shelf.first; id < this.#shelf.next; id++) {
      const entry = this.#entry(id);
      if (entry && query.matches(entry)) yield id;
    }
  }

  #har(ids: readonly number[]): { readonly text: string; readonly left: number } {
    const all = this.#heldOf(ids);
    // What was let go of meanwhile is in neither.
    const kept = ids.filter((id) => this.#shelf.get(id) !== undefined);
    const timing = (place: number): Timing => {
      const held = all[place]!;
      return held.kind === 'exchange'
        ? { ...this.#before(kept[place]!, held.exchange), ...timingOf(held.exchange) }
        : {};
    };
    return harText(all, timing, this.#savingSetting());
  }

  #savingSetting(): SavingSetting {
    const { platform, version = '' } = this.#options;
    const { clock, declared } = this.#rows;
    return { clock, declared, platform, version, redactor: this.#redactor };
  }

  /** The sums of a query, begun when it is asked for the first time. */
  #tally(text: string): Tally {
    return this.#tallies.of(text, this.#nowMs, (tally) => this.#work([tally]));
  }

  #newTally(text: string): Tally {
    const query = this.#compiled(text);
    return new Tally({
      shelf: this.#shelf,
      rows: this.#rows,
      query: query === 'wrong' ? undefined : query,
      clean: (exchange, names) => this.#redactor?.fieldsOf(exchange, names) ?? exchange,
    });
  }

  // What comes.

  #add(held: Held): number {
    const id = this.#shelf.add(held);
    for (const list of this.#lists) {
      list.dropped(this.#shelf.first);
      list.added(id, held);
    }
    return id;
  }

  #begin(exchange: Exchange): void {
    if (this.#underWay.isFull) return;
    this.#underWay.begin(exchange, this.#add({ kind: 'exchange', exchange, isOpen: true }));
  }

  #finish(exchange: Exchange): void {
    const { request, response, connection } = exchange;
    this.#rates.add(connection.target, (request?.wireBytes ?? 0) + (response?.wireBytes ?? 0));
    const id = this.#underWay.finish(exchange);
    const held: Held = { kind: 'exchange', exchange, isOpen: false };
    if (id === undefined || !this.#shelf.get(id)) {
      this.#add(held);
      return;
    }
    this.#shelf.replace(id, held);
    for (const list of this.#lists) list.changed(id, held);
    this.#tallies.changed(id, held);
  }

  #lost(loss: Loss): void {
    const { kind, count, iface, detail = '' } = loss;
    const key = `${kind} ${iface?.name ?? ''}`;
    const before = this.#losses.get(kind === 'shed' ? 'shed' : key);
    this.#losses.set(kind === 'shed' ? 'shed' : key, { kind, count: (before?.count ?? 0) + count, detail });
    this.#add({ kind: 'loss', loss, atMs: this.#nowMs });
  }

  #note(text: string): void {
    this.#notes.push(text);
    if (this.#notes.length > notesKept) this.#notes.shift();
    this.#add({ kind: 'note', text, atMs: this.#nowMs });
  }
}
