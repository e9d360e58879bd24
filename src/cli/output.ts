/** The file of -w: opened by the opener when we have one, else by ourselves; its errors told once. */
import type { SourceCounters } from '../model/index.ts';
import { parseRotateSize, type RotationPlan } from '../pcap/index.ts';
import {
  CaptureFileSink,
  fdOutput,
  fileOutputs,
  type OutputOpener,
  stdoutOutput,
} from '../sinks/pcapng/index.ts';
import type { FrameTap, Opener } from '../watch/index.ts';
import { outputOwner } from './capture.ts';
import type { CaptureOptions } from './capture-options.ts';
import { UsageError } from './errors.ts';

/** Captures hold secrets. */
const fileMode = 0o600;

export interface Output {
  readonly tap: FrameTap;
  /** Opens the first file now, so that one that cannot be written is told before anything is captured. */
  ready(): void;
  finish(counters: SourceCounters, names: Iterable<[string, string]>): Promise<void>;
}

export function outputSpec(options: CaptureOptions) {
  return { base: options.write!, plan: planOf(options), ...outputOwner(), mode: fileMode };
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

/** @param onEnd -G with -W: the last file is full */
export function openOutput(
  options: CaptureOptions,
  { opener, filter, onEnd }: { opener?: Opener | undefined; filter: string; onEnd?: () => void },
): Output {
  const plan = planOf(options);
  const open = outputsFor(options, opener);
  let first: ReturnType<OutputOpener['open']> | undefined;
  const outputs: OutputOpener = {
    open(sequence, sec) {
      const made = first ?? open.open(sequence, sec);
      first = undefined;
      return made;
    },
  };
  const sink = new CaptureFileSink({
    outputs,
    format: options.format,
    plan,
    flushEachBatch: options.packetBuffered || options.write === '-',
    application: 'porthole',
    filter,
    ...(onEnd ? { onEnd } : {}),
  });
  return {
    tap: sink,
    ready() {
      first = open.open(0, Math.floor(Date.now() / 1000));
    },
    async finish(counters, names) {
      sink.names(names);
      await sink.close(counters);
    },
  };
}

function outputsFor(options: CaptureOptions, opener: Opener | undefined): OutputOpener {
  if (options.write === '-') {
    if (process.stdout.isTTY)
      throw new UsageError(
        '-w - writes binary to the terminal',
        'pipe it: porthole ... -w - | wireshark -k -i -',
      );
    return { open: () => stdoutOutput() };
  }
  if (!opener) return fileOutputs(outputSpec(options));
  return {
    open(sequence, sec) {
      const { fd, path } = opener.outputFile(sequence, sec);
      return fdOutput(fd, path);
    },
  };
}
