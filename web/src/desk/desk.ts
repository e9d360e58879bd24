/** The desk as the page sees it: far away, so that every answer comes later. One on a socket, one in a worker. */
import { signal } from '@preact/signals';
import type {
  Candidate,
  Column,
  CopyAs,
  DeskState,
  Detail,
  ListState,
  PacketRow,
  Row,
  SaveAs,
  Saved,
  Statistics,
  StreamPiece,
  TrafficMap,
  Validity,
  Wanted,
  Which,
} from '../../../src/view/ports.ts';
import type { About, WatchableTarget } from '../../../src/web/about.ts';

/** What a list tells: how it stands, and the rows of the window that was asked for. */
export interface ListNews {
  readonly state: ListState;
  /** Position of the first of `rows`. */
  readonly from: number;
  readonly rows: readonly Row[];
  /** Where the entry is now that the list is to stand still by; -1: it was let go of. */
  readonly anchorAt: number;
}

export interface FarList {
  /** Rows that are looked at; news of them come from now on, when they change. */
  see(window: { readonly from: number; readonly count: number; readonly anchor: number }): void;
  position(id: number): Promise<number>;
  find(text: string, from: number, backwards: boolean): Promise<number>;
  /** A row, where only its place is known. */
  row(position: number): Promise<Row | undefined>;
  close(): void;
}

export interface FarDesk {
  list(wanted: Wanted, news: (news: ListNews) => void): FarList;
  columns(): Promise<readonly Column[]>;
  check(query: string): Promise<Validity>;
  complete(query: string, cursor: number): Promise<readonly Candidate[]>;
  detail(id: number): Promise<Detail | undefined>;
  mark(id: number, isMarked: boolean): void;
  packets(id: number, limit: number): Promise<{ rows: readonly PacketRow[]; missing: string }>;
  stream(id: number, limit: number): Promise<{ pieces: readonly StreamPiece[]; missing: string }>;
  copy(id: number, as: CopyAs): Promise<string>;
  save(which: Which, as: SaveAs): Promise<Saved>;
  statistics(query: string, bins: number): Promise<Statistics>;
  map(query: string, edges: number): Promise<TrafficMap>;
  clear(): void;
  about(): Promise<About>;
  close(): void;
}

export type { About, WatchableTarget };

export type Way = 'opening' | 'open' | 'lost' | 'ended';

export const desk = signal<FarDesk | undefined>(undefined);
export const way = signal<Way>('opening');
export const state = signal<DeskState | undefined>(undefined);
/** News that were overtaken by newer ones, because this tab stood still. */
export const skipped = signal(0);
/** A file that was dropped here, when it is one. */
export const fileName = signal('');
