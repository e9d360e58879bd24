/** Entries as files and texts of other programs: what leaves is masked as what is shown. */
import type { Clock, DeclaredFields, Exchange, Frame, Platform } from '../model/index.ts';
import type { Redactor } from '../redact/index.ts';
import { createJsonSink } from '../sinks/json/index.ts';
import { httpRequestOf } from './copy.ts';
import { harEntry, harOf } from './har.ts';
import type { Held } from './held.ts';
import { captureFile } from './packets.ts';
import type { Timing } from './ports.ts';

export interface SavingSetting {
  readonly clock: Clock;
  readonly platform: Platform;
  readonly redactor: Redactor | undefined;
  readonly declared: ReadonlyMap<string, DeclaredFields>;
  /** Of the program. */
  readonly version: string;
}

/** A line an entry, as `--json` has them (docs/json.md), with bodies. */
export function jsonLines(
  all: readonly Held[],
  { clock, platform, redactor, declared }: SavingSetting,
): string {
  const parts: string[] = [];
  const write = (text: string) => {
    parts.push(text);
    return true;
  };
  const sink = createJsonSink({ write, redactor, platform, verbose: 2 });
  sink.open!({ clock, fields: declared });
  for (const held of all) {
    if (held.kind === 'exchange') sink.exchange!(held.exchange);
    else if (held.kind === 'conversation') sink.conversation!(held.summary);
  }
  sink.batch!();
  return parts.join('');
}

/**
 * @param timingOf phases of an exchange, by its place in `all`
 * @returns `left`: entries that are no exchanges of HTTP
 */
export function harText(
  all: readonly Held[],
  timingOf: (place: number) => Timing,
  setting: SavingSetting,
): { readonly text: string; readonly left: number } {
  const { redactor } = setting;
  /** Messages that came on a connection which an exchange of HTTP had turned into a socket. */
  const sockets = new Map<number, Exchange[]>();
  const exchanges: { readonly place: number; readonly exchange: Exchange }[] = [];
  for (const [place, held] of all.entries()) {
    if (held.kind !== 'exchange' || held.isOpen) continue;
    const exchange = redactor ? redactor.exchange(held.exchange) : held.exchange;
    if (exchange.fields['websocket.opcode'] === undefined || httpRequestOf(exchange))
      exchanges.push({ place, exchange });
    else {
      const messages = sockets.get(exchange.connection.id);
      if (messages) messages.push(exchange);
      else sockets.set(exchange.connection.id, [exchange]);
    }
  }
  const entries = exchanges.map(({ place, exchange }) => {
    const isUpgrade = exchange.fields['http.response.code'] === 101;
    const messages = isUpgrade ? (sockets.get(exchange.connection.id) ?? []) : [];
    return harEntry({ exchange, messages, timing: timingOf(place) }, setting);
  });
  const found = entries.filter((entry) => entry !== undefined);
  return { text: JSON.stringify(harOf(found, setting), undefined, 1), left: all.length - found.length };
}

/** A capture file of the packets of several entries, each once, in order of time. */
export function captureOf(parts: Iterable<readonly Frame[]>): Uint8Array {
  const all = new Map<number, Frame>();
  for (const frames of parts) for (const frame of frames) all.set(frame.number, frame);
  return captureFile(
    [...all.values()].sort((a, b) => a.sec - b.sec || a.nsec - b.nsec || a.number - b.number),
  );
}
