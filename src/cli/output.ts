/** The file of -w: opened by the opener when we have one, else by ourselves; its errors told once. */
import type { SourceCounters } from '../model/index.ts';
import { parseRotateSize, type RotationPlan } from '../pcap/index.ts';
import {
  CaptureFileSink,
  fdOutput,
  fileOutputs,
  type OutputOpener,
  openFailure,
  stdoutOutput,
} from '../sinks/pcapng/index.ts';
import type { FrameTap, Opener, OutputSpec } from '../watch/index.ts';
import { outputOwner } from './capture.ts';
import type { CaptureOptions } from './capture-options.ts';
import { UsageError } from './errors.ts';
import { stdoutFailed } from './terminal.ts';

/** Captures hold secrets. */
const fileMode = 0o600;

export interface Output {
  /** Lines for the end and for SIGUSR1. */
  report?(): string[];
  readonly tap: FrameTap;
  /** What the opener is to be told; undefined for stdout. */
  readonly spec: OutputSpec | undefined;
  /**
   * Opens the first file now, so that one that cannot be written is told before anything is read. By
   * the opener when there is one, else by this process.
   */
  ready(opener?: Opener): void;
  /** Called when the last file of -G with -W is full. */
  onEnd(stop: () => void): void;
  finish(counters: SourceCounters, names: Iterable<[string, string]>): Promise<void>;
}

function planOf(options: CaptureOptions): RotationPlan {
  const size = options.rotateSize === undefined ? undefined : parseRotateSize(options.rotateSize);
  if (options.rotateSize !== undefined && size === undefined)
    throw new UsageError(
      `-C ${options.rotateSize}: a size is needed, like 10 (million bytes), 512k, 20m, 1g`,
    );
  return {
    ...(size === undefined ? {} : { sizeBytes: size }),
    ...(options.rotateSeconds === undefined ? {} : { seconds: options.rotateSeconds }),
    ...(options.rotateFiles === undefined ? {} : { files: options.rotateFiles }),
  };
}

/**
 * Throws UsageError; opens nothing yet.
 * @param comment of the file, when one of the files is closed
 */
export function openOutput(options: CaptureOptions, filter: string, comment?: () => string): Output {
  const plan = planOf(options);
  const isStdout = options.write === '-';
  if (isStdout && process.stdout.isTTY)
    throw new UsageError(
      '-w - writes binary to the terminal',
      'pipe it: porthole ... -w - | wireshark -k -i -',
    );
  const spec = { base: options.write!, plan, ...outputOwner(), mode: fileMode };
  let open: OutputOpener;
  let first: ReturnType<OutputOpener['open']> | undefined;
  let end = () => {};
  const sink = new CaptureFileSink({
    outputs: {
      open(sequence, sec) {
        const made = first ?? open.open(sequence, sec);
        first = undefined;
        return made;
      },
    },
    format: options.format,
    plan,
    flushEachBatch: options.packetBuffered || isStdout,
    application: 'porthole',
    filter,
    ...(comment ? { comment } : {}),
    onEnd: () => end(),
  });
  return {
    tap: sink,
    spec: isStdout ? undefined : spec,
    ready(opener) {
      open = isStdout
        ? { open: () => stdoutOutput(stdoutFailed) }
        : opener
          ? openedBy(opener, spec.base)
          : fileOutputs(spec);
      // The name tells a time with -G: of a file that is read, its first packet's.
      if (options.read !== undefined && plan.seconds !== undefined) return;
      first = open.open(0, Math.floor(Date.now() / 1000));
    },
    onEnd(stop) {
      end = stop;
    },
    async finish(counters, names) {
      sink.names(names);
      await sink.close(counters);
    },
  };
}

function openedBy(opener: Opener, base: string): OutputOpener {
  return {
    open(sequence, sec) {
      try {
        const { fd, path } = opener.outputFile(sequence, sec);
        return fdOutput(fd, path);
      } catch (error) {
        throw openFailure(base, error);
      }
    },
  };
}
