/** The options that say which container runtimes are asked. */
import type { OptionRow } from './options.ts';

/** Without either, all that are found. */
export const runtimeRows: readonly OptionRow[] = [
  {
    long: 'runtime',
    value: 'NAME',
    help: 'ask only this runtime: docker, podman, containerd, cri or machine',
  },
  { long: 'socket', value: 'PATH', help: 'ask only this socket of a runtime (default: all that are found)' },
];
