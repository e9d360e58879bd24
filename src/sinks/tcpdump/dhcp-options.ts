/** DHCP options: RFC 2132 and later ones. */
import { hex, hex2, hex8 } from './format.ts';
import { printUnknown } from './hex.ts';
import type { Page } from './page.ts';

const Tag = {
  pad: 0,
  netbiosNode: 46,
  overload: 52,
  messageType: 53,
  parameterList: 55,
  clientId: 61,
  userClass: 77,
  clientName: 81,
  agent: 82,
  routes: 121,
  routesOld: 249,
  end: 255,
} as const;

/**
 * How tcpdump shows a tag: `i` addresses, `a` text, `s` 16 bits, `l` 32 bits, `L` signed, `B` yes or no,
 * `b` bytes, `p` pairs of addresses, `$` its own way, blank nothing.
 */
const tags: Readonly<Record<number, string>> = {
  0: ' PAD',
  1: 'iSubnet-Mask',
  2: 'LTime-Zone',
  3: 'iDefault-Gateway',
  4: 'iTime-Server',
  5: 'iIEN-Name-Server',
  6: 'iDomain-Name-Server',
  7: 'iLOG',
  8: 'iCS',
  9: 'iLPR-Server',
  10: 'iIM',
  11: 'iRL',
  12: 'aHostname',
  13: 'sBS',
  14: 'aDP',
  15: 'aDomain-Name',
  16: 'iSS',
  17: 'aRP',
  18: 'aEP',
  19: 'BIPF',
  20: 'BSRT',
  21: 'pPF',
  22: 'sRSZ',
  23: 'bTTL',
  24: 'lMTU-Timeout',
  25: 'sMTU-Table',
  26: 'sMTU',
  27: 'BLSN',
  28: 'iBR',
  29: 'BMD',
  30: 'BMS',
  31: 'BRouter-Discovery',
  32: 'iRSA',
  33: 'pStatic-Route',
  34: 'BUT',
  35: 'lAT',
  36: 'BIE',
  37: 'BTT',
  38: 'lKI',
  39: 'BKG',
  40: 'aYD',
  41: 'iYS',
  42: 'iNTP',
  43: 'bVendor-Option',
  44: 'iNetbios-Name-Server',
  45: 'iWDD',
  46: '$Netbios-Node',
  47: 'aNetbios-Scope',
  48: 'iXFS',
  49: 'iXDM',
  50: 'iRequested-IP',
  51: 'lLease-Time',
  52: '$OO',
  53: ' DHCP-Message',
  54: 'iServer-ID',
  55: 'bParameter-Request',
  56: 'aMSG',
  57: 'sMSZ',
  58: 'lRN',
  59: 'lRB',
  60: 'aVendor-Class',
  61: '$Client-ID',
  64: 'sN+D',
  65: 'iN+S',
  66: 'aTFTP',
  67: 'aBF',
  68: 'iMH',
  69: 'iSMTP',
  70: 'iPOP3',
  71: 'iNNTP',
  72: 'iWWW',
  73: 'iFG',
  74: 'iIRC',
  75: 'iSTS',
  76: 'iSTDA',
  77: '$User-Class',
  78: 'bSLP-DA',
  79: 'bSLP-SCOPE',
  80: 'aSLP-NA',
  81: '$FQDN',
  82: '$Agent-Information',
  83: 'bARMT',
  88: 'aTZSTR',
  89: 'bFQDNS',
  90: 'bAUTH',
  91: 'LLast-Transaction-Time',
  92: 'iAssociated-IP',
  93: 'sARCH',
  94: 'bNDI',
  95: 'aLDAP',
  97: 'bGUID',
  98: 'aUAP',
  100: 'aPOSIX-TZ',
  101: 'aTZ-Name',
  112: 'iNI',
  113: 'aNITAG',
  114: 'aURL',
  116: 'BNOAUTO',
  117: 'sNSSEARCH',
  118: 'iSUBNET',
  121: '$Classless-Static-Route',
  150: 'iTFTP-Server-Address',
  161: 'aMUD-URL',
  249: '$Classless-Static-Route-Microsoft',
  255: ' END',
};
const unknownTag = '?Unknown';

const messageTypes =
  ',Discover,Offer,Request,Decline,ACK,NACK,Release,Inform,,LeaseQuery,LeaseUnassigned,LeaseUnknown,LeaseActive'.split(
    ',',
  );

/** @param at of the magic cookie */
export function printDhcpOptions(p: Page, at: number): void {
  p.text += '\n\t  Vendor-rfc1048 Extensions';
  p.text += `\n\t    Magic Cookie 0x${hex8(p.u32(at))}`;
  at += 4;
  while (p.has(at, 1)) {
    const tag = p.u8(at++);
    if (p.v < 3) {
      if (tag === Tag.pad) continue;
      if (tag === Tag.end) return;
    }
    const shown = tags[tag] ?? unknownTag;
    const bare = tag === Tag.pad || tag === Tag.end;
    const length = bare ? 0 : p.u8(at++);
    p.text += `\n\t    ${shown.slice(1)} (${tag}), length ${length}${length > 0 ? ': ' : ''}`;
    if (tag === Tag.pad) {
      let count = 1;
      for (; p.has(at, 1) && p.u8(at) === Tag.pad; at++) count++;
      if (count > 1) p.text += `, occurs ${count}`;
    }
    if (!p.has(at, length)) return p.cutMark();
    if (tag === Tag.messageType && length === 1) p.text += messageTypes[p.u8(at)] || `Unknown (${p.u8(at)})`;
    else if (tag === Tag.parameterList) printParameters(p, at, length);
    else {
      const used = printValue(p, tag, shown[0]!, at, length);
      if (used < 0) return p.cutMark();
      if (used < length) p.text += `\n\t  trailing data length ${length - used}`;
    }
    at += length;
  }
}

function printParameters(p: Page, at: number, length: number): void {
  for (let i = 0; i < length; i++) {
    const tag = p.u8(at + i);
    p.text += `${i % 4 === 0 ? '\n\t      ' : ', '}${(tags[tag] ?? unknownTag).slice(1)} (${tag})`;
  }
}

/** @returns bytes used, -1 when they were cut */
function printValue(p: Page, tag: number, kind: string, at: number, length: number): number {
  // A tag nobody knows: what its length allows.
  if (kind === '?') kind = length % 2 === 1 ? 'b' : length % 4 === 2 ? 's' : 'l';
  switch (kind) {
    case 'a':
      printQuoted(p, at, length);
      return length;
    case '$':
      return (special[tag] as Special)(p, at, length);
    default: {
      const [size, text] = values[kind] ?? values['b']!;
      let used = 0;
      for (; used + size <= length; used += size) {
        const separator = used === 0 ? '' : size === 1 && text === byteText ? '.' : ',';
        p.text += separator + text(p, at + used);
      }
      return used;
    }
  }
}

const byteText = (p: Page, at: number) => `${p.u8(at)}`;

const values: Readonly<Record<string, readonly [size: number, text: (p: Page, at: number) => string]>> = {
  i: [4, (p, at) => p.ip4(at)],
  l: [4, (p, at) => `${p.u32(at)}`],
  L: [4, (p, at) => `${p.u32(at) | 0}`],
  s: [2, (p, at) => `${p.u16(at)}`],
  p: [8, (p, at) => `(${p.ip4(at)}:${p.ip4(at + 4)})`],
  B: [1, (p, at) => ['N', 'Y'][p.u8(at)] ?? `${p.u8(at)}?`],
  b: [1, byteText],
};

/** The bytes have been seen to be there. */
function printQuoted(p: Page, at: number, length: number): void {
  p.text += '"';
  p.string(at, length);
  p.text += '"';
}

type Special = (p: Page, at: number, length: number) => number;

/** One byte with a name. */
const named =
  (names: Readonly<Record<number, string>>): Special =>
  (p, at, length) => {
    if (length < 1) {
      p.text += '[ERROR: length < 1 bytes]';
      return 0;
    }
    const value = p.u8(at);
    p.text += names[value] ?? `#${value}`;
    return 1;
  };

/** RFC 4702. */
const clientName: Special = (p, at, length) => {
  if (length < 3) {
    p.text += '[ERROR: length < 3 bytes]';
    return length;
  }
  const flags = p.u8(at);
  if ((flags & 0xf0) !== 0) p.text += `[ERROR: MBZ nibble 0x${hex(flags >> 4)} != 0] `;
  if ((flags & 0x0f) !== 0) p.text += `[${[...'SOEN'].filter((_, bit) => flags & (1 << bit)).join('')}] `;
  if (p.u8(at + 1) !== 0 || p.u8(at + 2) !== 0) p.text += `${p.u8(at + 1)}/${p.u8(at + 2)} `;
  printQuoted(p, at + 3, length - 3);
  return length;
};

const hardwareNames: Readonly<Record<number, string>> = {
  1: 'ether',
  6: 'ieee802',
  7: 'arcnet',
  15: 'frelay',
  23: 'strip',
  24: 'ieee1394',
};

const clientId: Special = (p, at, length) => {
  if (length < 1) {
    p.text += '[ERROR: length < 1 bytes]';
    return 0;
  }
  const type = p.u8(at);
  if (type === 0) printQuoted(p, at + 1, length - 1);
  else {
    p.text += `${hardwareNames[type] ?? `hardware-type ${type},`} `;
    for (let i = 1; i < length; i++) p.text += `${i > 1 ? ':' : ''}${hex2[p.u8(at + i)]}`;
  }
  return length;
};

const agentNames: Readonly<Record<number, string>> = {
  1: 'Circuit-ID',
  2: 'Remote-ID',
  6: 'Subscriber-ID',
};

/** RFC 3046. */
const agent: Special = (p, at, length) => {
  let used = 0;
  while (length - used >= 2) {
    const option = p.u8(at + used);
    const size = p.u8(at + used + 1);
    used += 2;
    p.text += `\n\t      ${agentNames[option] ?? 'Unknown'} SubOption ${option}, length ${size}: `;
    if (size > length - used) {
      p.text += 'length goes past end of option';
      return length;
    }
    if (agentNames[option]) p.string(at + used, size);
    else printUnknown(p, '\n\t\t', at + used, size);
    used += size;
  }
  return used;
};

/** RFC 3442. */
const routes: Special = (p, at, length) => {
  if (length < 5) {
    p.text += '[ERROR: length < 5 bytes]';
    return length;
  }
  for (let used = 0; used < length; ) {
    if (used > 0) p.text += ',';
    const width = p.u8(at + used++);
    if (width > 32) {
      p.text += `[ERROR: Mask width (${width}) > 32]`;
      return length;
    }
    const octets = (width + 7) >> 3;
    if (length - used < octets + 4) {
      p.text += `[ERROR: Remaining length (${length - used}) < ${octets + 4} bytes]`;
      return length;
    }
    let net = 'default';
    if (width > 0) {
      const parts = [0, 1, 2, 3].map((i) => (i < octets ? p.u8(at + used + i) : 0));
      net = `${parts.join('.')}/${width}`;
    }
    used += octets;
    p.text += `(${net}:${p.ip4(at + used)})`;
    used += 4;
  }
  return length;
};

/** RFC 3004. */
const userClass: Special = (p, at, length) => {
  if (length < 2) {
    p.text += '[ERROR: length < 2 bytes]';
    return length;
  }
  for (let used = 0, number = 1; used < length; number++) {
    const size = p.u8(at + used++);
    p.text += `\n\t      instance#${number}: `;
    if (size === 0 || length - used < size) {
      p.text += size === 0 ? '[ERROR: suboption length must be non-zero]' : '[ERROR: invalid option]';
      return length;
    }
    printQuoted(p, at + used, size);
    p.text += `, length ${size}`;
    used += size;
  }
  return length;
};

const special: Readonly<Record<number, Special>> = {
  [Tag.netbiosNode]: named({ 1: 'b-node', 2: 'p-node', 4: 'm-node', 8: 'h-node' }),
  [Tag.overload]: named({ 1: 'file', 2: 'sname', 3: 'file+sname' }),
  [Tag.clientId]: clientId,
  [Tag.userClass]: userClass,
  [Tag.clientName]: clientName,
  [Tag.agent]: agent,
  [Tag.routes]: routes,
  [Tag.routesOld]: routes,
};
