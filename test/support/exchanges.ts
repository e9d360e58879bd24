/** What we see in a capture file. */

import { openCaptureFile } from '../../src/capture/file/index.ts';
import type { Exchange, Frame, FrameCollector, Sink } from '../../src/model/index.ts';
import { createPipeline, type PipelineCounters } from '../../src/pipeline/index.ts';
import { inners, protocols } from '../../src/protocols/registry.ts';

export interface Ours {
  readonly exchanges: Exchange[];
  readonly conversations: Parameters<NonNullable<Sink['conversation']>>[0][];
  readonly counters: PipelineCounters;
  readonly losses: string[];
}

export async function ours(file: string, bodyLimit = 65_536): Promise<Ours> {
  const exchanges: Exchange[] = [];
  const conversations: Ours['conversations'] = [];
  const losses: string[] = [];
  const sink: Sink = {
    exchange: (exchange) => void exchanges.push(exchange),
    conversation: (summary) => void conversations.push(summary),
    loss: (loss) => void losses.push(loss.detail ?? loss.kind),
  };
  const pipeline = createPipeline({ protocols, inners, sinks: [sink], bodyLimit });
  const source = await openCaptureFile(file);
  await source.run(pipeline);
  await pipeline.finish(source.counters());
  return { exchanges, conversations, counters: pipeline.counters(), losses };
}

/** Frames of a file, each a copy. */
export async function framesOf(file: string): Promise<Frame[]> {
  const frames: Frame[] = [];
  const collector: FrameCollector = {
    interface() {},
    frame(frame) {
      const buf = frame.buf.slice(frame.start, frame.start + frame.capLen);
      frames.push({ ...frame, buf, start: 0 });
    },
    loss() {},
    note() {},
    batch() {},
  };
  await (await openCaptureFile(file)).run(collector);
  return frames;
}
