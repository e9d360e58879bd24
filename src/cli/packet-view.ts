/** The view of `dump`: one printed packet after the other. */
import type { Frame } from '../model/index.ts';
import { createPrinter, type PrintOptions } from '../sinks/tcpdump/index.ts';
import type { Setting, View } from './capture.ts';
import { interfaceNames, packetNames } from './packet-names.ts';
import { terminalText } from './status-line.ts';
import { stderr, stdoutFailed } from './terminal.ts';

/** Text waiting for a slow reader. Live, packets on top are shed and counted; a file waits. */
const outputLimit = 8 * 1024 * 1024;
/** Text collected before it is handed on within a batch. */
const chunkChars = 65_536;

export function packetView(setting: Setting, options: PrintOptions): View {
  const out = terminalText(outputLimit, stdoutFailed);
  const printer = createPrinter({
    ...options,
    ...(options.noNames > 0 ? {} : packetNames(setting.knownNames)),
    interfaceName: interfaceNames(),
    showInterface: setting.severalTargets,
  });
  let pending = '';
  let shown = 0;
  let shed = 0;
  const flush = () => {
    if (pending === '') return;
    if (!out.write(pending)) full = setting.live;
    pending = '';
  };
  let full = false;
  let catchingUp = false;
  return {
    tap: {
      frame(frame: Frame) {
        if (full) {
          shed++;
          return;
        }
        shown++;
        pending += printer.print(frame);
        if (pending.length >= chunkChars) flush();
      },
      loss({ kind, count, iface }) {
        if (kind === 'kernelDrop')
          stderr(`${count} packets dropped by the kernel${iface ? ` on ${iface.name}` : ''}`);
      },
      note: stderr,
      batch() {
        flush();
        if (!setting.live) return out.drain();
        if (!full || catchingUp) return;
        catchingUp = true;
        void out.drain().then(() => {
          full = false;
          catchingUp = false;
        });
      },
    },
    async finish() {
      flush();
      await out.drain();
    },
    progress: () => ({ ...{ shown, hidden: 0, shed }, bytes: new Map() }),
    report: () => (shed > 0 ? [`${shed} packets not printed: the reader was too slow`] : []),
  };
}
