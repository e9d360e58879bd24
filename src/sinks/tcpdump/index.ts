// Packets as tcpdump 4.99.3 prints them, byte for byte, straight from the frame's bytes.
// 1. One file a layer; each prints what it finds and calls the next. Offsets and lengths, no objects.
// 2. Page holds the text and the bytes. A read beyond what was captured throws `cut`, one object made
//    once, and the packet ends with the mark of the layer that read: the same place as tcpdump's.
// 3. Where tcpdump goes on after a mark, the layer calls Page.cutMark and returns.
// 4. What has no printer here prints as what tcpdump does not know; README.md beside has the list.
import { Direction, type Frame } from '../../model/index.ts';
import { printAscii, printHex, printHexAscii } from './hex.ts';
import { printLink } from './link.ts';
import type { PrintOptions } from './options.ts';
import { cut, Page } from './page.ts';
import { timePrinter } from './time.ts';

export type { PrintOptions } from './options.ts';

export interface Printer {
  /** The text of one packet, newlines included. Never throws on any bytes. */
  print(frame: Frame): string;
  /** Connections whose first sequence numbers were forgotten because there were too many. */
  forgotten(): number;
}

/** MAXIMUM_SNAPLEN of libpcap: no packet is longer. */
const maxLength = 262_144;

export function createPrinter(options: PrintOptions): Printer {
  const page = new Page(options);
  const time = timePrinter(options);
  const printBytes = bytesPrinter(options);
  return {
    print(frame) {
      const number = options.number ? `${String(frame.number).padStart(5)}  ` : '';
      const wrong = invalidHeader(frame);
      if (wrong !== '') return `${number}${wrong}\n`;
      const place = options.showInterface ? placeOf(frame) : '';
      page.begin(frame.buf, frame.start + frame.capLen, number + time(frame) + place);
      page.checksums = !options.noChecksums && !frame.checksumNotReady;
      try {
        printLink(page, frame);
      } catch (error) {
        if (error !== cut) throw error;
        page.cutMark();
        page.linkLength = 0;
      }
      page.end = frame.start + frame.capLen;
      printBytes(page, frame);
      return `${page.text}\n`;
    },
    forgotten: () => page.seq4.evicted + page.seq6.evicted,
  };
}

/** `web/eth0 Out `, in the columns that `tcpdump -i any` has; names come from inside the container. */
function placeOf({ iface, direction }: Frame): string {
  const name = iface.name.replace(/[\x00-\x20\x7f-\x9f]/g, '?');
  const way = direction === Direction.out ? 'Out' : direction === Direction.in ? 'In' : '?';
  return `${name.padEnd(5)} ${way.padEnd(3)} `;
}

/** What is printed instead of a packet whose record contradicts itself; '' when it does not. */
function invalidHeader({ capLen, origLen }: Frame): string {
  if (capLen > 0 && capLen <= origLen && origLen <= maxLength) return '';
  const wrong: string[] = [];
  if (capLen === 0) wrong.push(' caplen==0');
  if (origLen === 0) wrong.push(' len==0');
  else if (origLen < capLen) wrong.push(` len(${origLen}) < caplen(${capLen})`);
  if (capLen > maxLength) wrong.push(` caplen(${capLen}) > ${maxLength}`);
  if (origLen > maxLength) wrong.push(` len(${origLen}) > ${maxLength}`);
  return `[Invalid header:${wrong.join(',')}]`;
}

/** -X before -x before -A; given twice, with the link header. */
function bytesPrinter(options: PrintOptions): (p: Page, frame: Frame) => void {
  const { hexAscii, hex, ascii } = options;
  const print =
    hexAscii > 0
      ? (p: Page, at: number, length: number) => printHexAscii(p, '\n\t', at, length)
      : hex > 0
        ? (p: Page, at: number, length: number) => printHex(p, '\n\t', at, length)
        : ascii > 0
          ? printAscii
          : undefined;
  if (print === undefined) return () => {};
  const withLink = (hexAscii || hex || ascii) > 1;
  return (p, { start, capLen }) => {
    const skip = withLink ? 0 : p.linkLength;
    if (capLen > skip) print(p, start + skip, capLen - skip);
  };
}
