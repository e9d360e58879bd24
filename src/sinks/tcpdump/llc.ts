/** Logical link control and SNAP: IEEE 802.2, RFC 1042. */
import { printEthernet, printEtherType } from './ethernet.ts';
import { hex2, hex4, hex6 } from './format.ts';
import { printHexAscii } from './hex.ts';
import { printIp } from './ip.ts';
import type { Page } from './page.ts';
import { printStp } from './stp.ts';
import { etherTypeNames, ouiNames } from './tables.ts';

/** Of these what follows is printed; tcpdump has printers for IPX and OSI too. */
const Sap = { ip: 0x06, stp: 0x42, snap: 0xaa } as const;
const unnumberedInformation = 0x03;
const exchangeId = 0xaf;

const sapNames = new Map<number, string>([
  [0x00, 'Null'],
  [0xff, 'Global'],
  [0x02, '802.1B I'],
  [0x03, '802.1B G'],
  [0x06, 'IP'],
  [0x04, 'SNA'],
  [0x0e, 'ProWay NM'],
  [0x42, 'STP'],
  [0x4e, 'RS511'],
  [0x7e, 'ISO8208'],
  [0x8e, 'ProWay'],
  [0xaa, 'SNAP'],
  [0xe0, 'IPX'],
  [0xf0, 'NetBeui'],
  [0xfe, 'OSI'],
]);

const commandNames = new Map<number, string>([
  [0x03, 'ui'],
  [0xe3, 'test'],
  [0xaf, 'xid'],
  [0x63, 'ua'],
  [0x43, 'disc'],
  [0x0f, 'dm'],
  [0x6f, 'sabme'],
  [0x87, 'frmr'],
]);

const flagNames = new Map<number, string>([
  [0x000, 'Command'],
  [0x001, 'Response'],
  [0x010, 'Poll'],
  [0x011, 'Final'],
  [0x100, 'Poll'],
  [0x101, 'Final'],
]);
const supervisoryNames = ['Receiver Ready', 'Receiver not Ready', 'Reject'];

/**
 * @param frame where the frame with the addresses begins, -1 when there is none
 * @returns the header's length; negative when what follows is yet to be printed
 */
export function printLlc(p: Page, at: number, length: number, capLen: number, frame: number): number {
  p.protocol = 'llc';
  const least = Math.min(length, capLen);
  const short = () => {
    p.cutMark();
    printHexAscii(p, '\n\t', at, capLen);
    return least;
  };
  if (least < 3) return short();
  const dsapField = p.u8(at);
  const ssapField = p.u8(at + 1);
  let control = p.u8(at + 2);
  const unnumbered = (control & 3) === 3;
  if (!unnumbered) {
    if (least < 4) return short();
    control = p.u16le(at + 2);
  }
  const header = unnumbered ? 3 : 4;
  const dsap = dsapField & 0xfe;
  const ssap = ssapField & 0xfe;
  if (p.linkHeader) {
    p.text += `LLC, dsap ${sapNames.get(dsap) ?? 'Unknown'} (0x${hex2[dsap]}) ${dsapField & 1 ? 'Group' : 'Individual'}`;
    p.text += `, ssap ${sapNames.get(ssap) ?? 'Unknown'} (0x${hex2[ssap]}) ${ssapField & 1 ? 'Response' : 'Command'}`;
    p.text += `, ctrl 0x${unnumbered ? hex2[control] : hex4(control)}: `;
  }
  const body = at + header;
  const left = length - header;
  if (dsap === ssap && control === unnumberedInformation) {
    switch (dsap) {
      case Sap.snap:
        return printSnap(p, body, left, capLen - header, frame) ? header + 5 : -(header + 5);
      case Sap.stp:
        printStp(p, body, left);
        return header;
      case Sap.ip:
        printIp(p, body, left);
        return header;
    }
  }
  if (!p.linkHeader) printSaps(p, dsap, ssap, frame);
  const response = ssapField & 1;
  if (unnumbered) {
    const command = commandNames.get(control & 0xef) ?? hex2[control & 0xef];
    p.text += `Unnumbered, ${command}, Flags [${flagNames.get(response | (control & 0x10)) ?? '?'}], length ${length}`;
    return (control & 0xef) === exchangeId && printExchange(p, body, left, capLen - header)
      ? header
      : -header;
  }
  const flags = flagNames.get(response | (control & 0x100)) ?? '?';
  const received = (control >> 9) & 0x7f;
  if ((control & 1) === 1) {
    const name = supervisoryNames[(control >> 2) & 3] ?? '?';
    p.text += `Supervisory, ${name}, rcv seq ${received}, Flags [${flags}], length ${length}`;
    return header;
  }
  p.text += `Information, send seq ${(control >> 1) & 0x7f}, rcv seq ${received}, Flags [${flags}], length ${length}`;
  return -header;
}

function printSaps(p: Page, dsap: number, ssap: number, frame: number): void {
  const to = sapNames.get(dsap) ?? `Unknown DSAP 0x${hex2[dsap]}`;
  const from = sapNames.get(ssap) ?? `Unknown SSAP 0x${hex2[ssap]}`;
  if (frame < 0) p.text += dsap === ssap ? `${to} ` : `${from} > ${to} `;
  else
    p.text +=
      dsap === ssap
        ? `${p.mac(frame + 6)} > ${p.mac(frame)} ${to} `
        : `${p.mac(frame + 6)} ${from} > ${p.mac(frame)} ${to} `;
}

/** @returns false when the payload is yet to be printed */
function printExchange(p: Page, at: number, length: number, capLen: number): boolean {
  if (length === 0) return true;
  if (capLen < 1) {
    p.cutMark();
    return true;
  }
  if (p.u8(at) !== 0x81) return false;
  if (capLen < 3 || length < 3) {
    p.cutMark();
    printHexAscii(p, '\n\t', at, capLen);
  } else p.text += `: ${hex2[p.u8(at + 1)]} ${hex2[p.u8(at + 2)]}`;
  return true;
}

const Oui = {
  ethernet: 0x000000,
  cisco: 0x00000c,
  ciscoBridged: 0x0000f8,
  apple: 0x080007,
  bridged: 0x0080c2,
};

const ciscoNames = new Map<number, string>([
  [0x2000, 'CDP'],
  [0x2003, 'VTP'],
  [0x2004, 'DTP'],
  [0x0111, 'UDLD'],
  [0x010b, 'PVST'],
  [0x010c, 'VLAN Bridge'],
]);
/** RFC 2684 section 6. */
const bridgedNames = new Map<number, string>([
  [0x0001, 'Ethernet + FCS'],
  [0x0007, 'Ethernet w/o FCS'],
  [0x0002, '802.4 + FCS'],
  [0x0008, '802.4 w/o FCS'],
  [0x0003, 'Token Ring + FCS'],
  [0x0009, 'Token Ring w/o FCS'],
  [0x0004, 'FDDI + FCS'],
  [0x000a, 'FDDI w/o FCS'],
  [0x0005, '802.6 + FCS'],
  [0x000b, '802.6 w/o FCS'],
  [0x000e, 'BPDU'],
]);
const protocolNames = new Map<number, ReadonlyMap<number, string>>([
  [Oui.ethernet, etherTypeNames],
  [Oui.ciscoBridged, etherTypeNames],
  [Oui.apple, etherTypeNames],
  [Oui.cisco, ciscoNames],
  [Oui.bridged, bridgedNames],
]);

/** @returns false when the payload is yet to be printed */
function printSnap(p: Page, at: number, length: number, capLen: number, frame: number): boolean {
  p.protocol = 'snap';
  if (!p.has(at, 5) || capLen < 5 || length < 5) {
    p.cutMark();
    return true;
  }
  const oui = p.u24(at);
  const type = p.u16(at + 3);
  const name = protocolNames.get(oui)?.get(type) ?? 'Unknown';
  const owner = `oui ${ouiNames.get(oui) ?? 'Unknown'} (0x${hex6(oui)})`;
  at += 5;
  length -= 5;
  capLen -= 5;
  if (p.linkHeader)
    p.text += `${owner}, ${oui === 0 ? 'ethertype' : 'pid'} ${name} (0x${hex4(type)}), length ${length}: `;
  if (oui === Oui.ethernet || oui === Oui.ciscoBridged) {
    if (printEtherType(p, type, at, length, capLen)) return true;
  } else if (oui === Oui.cisco && (type === 0x010b || type === 0x010c)) {
    printStp(p, at, length);
    return true;
  } else if (oui === Oui.bridged && (type === 0x0001 || type === 0x0007)) {
    // Two bytes of padding.
    if (!p.has(at, 2)) p.cutMark();
    else printEthernet(p, at + 2, length - 2, capLen - 2);
    return true;
  } else if (oui === Oui.bridged && type === 0x000e) {
    printStp(p, at, length);
    return true;
  }
  if (!p.linkHeader) {
    if (frame >= 0) p.text += `${p.mac(frame + 6)} > ${p.mac(frame)} `;
    const what = oui === 0 ? 'ethertype' : `${owner}, pid`;
    p.text += `SNAP, ${what} ${name} (0x${hex4(type)}), length ${length}: `;
  }
  return false;
}
