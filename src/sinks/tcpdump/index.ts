// Packets as tcpdump 4.99.3 prints them, byte for byte, straight from the frame's bytes.
import type { Frame } from '../../model/index.ts';
import { printLink } from './link.ts';
import type { PrintOptions } from './options.ts';
import { cut, Page } from './page.ts';
import { timePrinter } from './time.ts';

export type { PrintOptions } from './options.ts';

export interface Printer {
  /** The text of one packet, newlines included. Never throws on any bytes. */
  print(frame: Frame): string;
}

export function createPrinter(options: PrintOptions): Printer {
  const page = new Page(options);
  const time = timePrinter(options);
  return {
    print(frame) {
      page.buf = frame.buf;
      page.end = frame.start + frame.capLen;
      page.text = (options.number ? `${String(frame.number).padStart(5)}  ` : '') + time(frame);
      page.protocol = '';
      try {
        printLink(page, frame);
      } catch (error) {
        if (error !== cut) throw error;
        page.text += ` [|${page.protocol}]`;
      }
      return `${page.text}\n`;
    },
  };
}
