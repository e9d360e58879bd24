/** Shows nothing but, when asked, how many packets there were. */
import type { View } from './capture.ts';

export function countView(print: boolean): View {
  return {
    tap: {},
    async finish({ captured }) {
      if (print) process.stdout.write(`${captured} packet${captured === 1 ? '' : 's'}\n`);
    },
    progress: () => ({ hidden: 0, shed: 0, bytes: new Map() }),
    report: () => [],
  };
}
