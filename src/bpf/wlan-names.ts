/** Names of 802.11 frame types (IEEE 802.11-2020 table 9-1) and of LLC frames (IEEE 802.2 section 5). */
import type { LlcControl } from './ast.ts';
import type { Tokens } from './tokens.ts';

const typeMask = 0x0c;
const subtypeMask = 0xf0;

const types: Readonly<Record<string, number>> = { mgt: 0, management: 0, ctl: 4, control: 4, data: 8 };

const subtypes: Readonly<Record<number, Readonly<Record<string, number>>>> = {
  0: {
    'assoc-req': 0x00,
    assocreq: 0x00,
    'assoc-resp': 0x10,
    assocresp: 0x10,
    'reassoc-req': 0x20,
    reassocreq: 0x20,
    'reassoc-resp': 0x30,
    reassocresp: 0x30,
    'probe-req': 0x40,
    probereq: 0x40,
    'probe-resp': 0x50,
    proberesp: 0x50,
    beacon: 0x80,
    atim: 0x90,
    disassoc: 0xa0,
    disassociation: 0xa0,
    auth: 0xb0,
    authentication: 0xb0,
    deauth: 0xc0,
    deauthentication: 0xc0,
  },
  4: { 'ps-poll': 0xa0, rts: 0xb0, cts: 0xc0, ack: 0xd0, 'cf-end': 0xe0, 'cf-end-ack': 0xf0 },
  8: {
    data: 0x00,
    'data-cf-ack': 0x10,
    'data-cf-poll': 0x20,
    'data-cf-ack-poll': 0x30,
    null: 0x40,
    'cf-ack': 0x50,
    'cf-poll': 0x60,
    'cf-ack-poll': 0x70,
    'qos-data': 0x80,
    'qos-data-cf-ack': 0x90,
    'qos-data-cf-poll': 0xa0,
    'qos-data-cf-ack-poll': 0xb0,
    qos: 0xc0,
    'qos-cf-poll': 0xe0,
    'qos-cf-ack-poll': 0xf0,
  },
};

const directions: Readonly<Record<string, number>> = { nods: 0, tods: 1, fromds: 2, dstods: 3 };

/** Supervisory and unnumbered frames by the control byte. */
const linkControls: Readonly<Record<string, LlcControl>> = {
  i: { mask: 1, value: 1, isNot: true },
  s: { mask: 3, value: 1 },
  u: { mask: 3, value: 3 },
  rr: { mask: 0x0f, value: 0x01 },
  rnr: { mask: 0x0f, value: 0x05 },
  rej: { mask: 0x0f, value: 0x09 },
  ui: { mask: 0xef, value: 0x03 },
  ua: { mask: 0xef, value: 0x63 },
  disc: { mask: 0xef, value: 0x43 },
  dm: { mask: 0xef, value: 0x0f },
  sabme: { mask: 0xef, value: 0x6f },
  test: { mask: 0xef, value: 0xe3 },
  xid: { mask: 0xef, value: 0xaf },
  frmr: { mask: 0xef, value: 0x87 },
};

/** A name of the table (its case does not count) or a number. */
function nameOrNumber(tokens: Tokens, table: Readonly<Record<string, number>>, what: string): number {
  const { current } = tokens;
  if (current.kind === 'number') return tokens.advance().value;
  const name = current.kind === 'name' ? current.text.toLowerCase() : '';
  if (!Object.hasOwn(table, name)) tokens.unexpected(`${what}: ${Object.keys(table).join(', ')}`);
  tokens.advance();
  return table[name]!;
}

function within(tokens: Tokens, value: number, mask: number, what: string): number {
  if ((value & ~mask) !== 0)
    tokens.fail('meaning', `0x${value.toString(16)} is no ${what}`, tokens.last, {
      expected: `bits of 0x${mask.toString(16)} only`,
    });
  return value;
}

/** After the word `type`. */
export function wlanType(tokens: Tokens): { kind: 'wlanType'; value: number; mask: number } {
  const type = within(tokens, nameOrNumber(tokens, types, 'a frame type'), typeMask, '802.11 frame type');
  if (!tokens.accept('subtype')) return { kind: 'wlanType', value: type, mask: typeMask };
  const table = subtypes[type] ?? {};
  const subtype = nameOrNumber(tokens, table, 'a subtype of this type');
  within(tokens, subtype, subtypeMask, '802.11 frame subtype');
  return { kind: 'wlanType', value: type | subtype, mask: typeMask | subtypeMask };
}

/** After the word `subtype` alone: the name says the type too, of equal names the first. */
export function wlanSubtype(tokens: Tokens): { kind: 'wlanType'; value: number; mask: number } {
  const all: Record<string, number> = {};
  for (const [type, table] of Object.entries(subtypes))
    for (const [name, subtype] of Object.entries(table)) all[name] ??= subtype | Number(type);
  if (tokens.current.kind === 'number')
    tokens.fail('syntax', "a number after 'subtype' needs a type before it", tokens.current, {
      expected: "a name of a subtype, or 'type TYPE subtype NUMBER'",
    });
  const value = nameOrNumber(tokens, all, 'a frame subtype');
  return { kind: 'wlanType', value, mask: typeMask | subtypeMask };
}

/** After the word `dir`. */
export function wlanDirection(tokens: Tokens): { kind: 'wlanDirection'; value: number } {
  return { kind: 'wlanDirection', value: nameOrNumber(tokens, directions, 'a direction') };
}

/** After the word `llc`; `rnr` is a keyword of another construct too. */
export function linkControl(tokens: Tokens): LlcControl | undefined {
  if (tokens.accept('rnr')) return linkControls['rnr'];
  if (tokens.current.kind !== 'name') return undefined;
  const name = tokens.current.text.toLowerCase();
  if (!Object.hasOwn(linkControls, name))
    tokens.unexpected(`a kind of LLC frame: ${Object.keys(linkControls).join(', ')}`);
  tokens.advance();
  return linkControls[name];
}
