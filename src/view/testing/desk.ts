/** A desk fed with a capture, all the way through the pipeline. */
import { platform } from '../../cli/platform.ts';
import { createPipeline } from '../../pipeline/index.ts';
import { inners, protocols } from '../../protocols/registry.ts';
import { framesOf } from '../../protocols/testing/frames.ts';
import { defaultRules } from '../../redact/index.ts';
import { createDesk, type Desk, type DeskOptions } from '../index.ts';

const none = { captured: 0, received: 0, dropped: 0, freezes: 0, snaplenCut: 0, duplicates: 0 };

export async function deskOf(
  folder: string,
  name: string,
  options: Partial<DeskOptions> = {},
): Promise<Desk> {
  const desk = createDesk({ platform, rules: defaultRules, ...options });
  const pipeline = createPipeline({ protocols, inners, sinks: [desk.sink], bodyLimit: 65_536 });
  for (const { frame } of framesOf(folder, name)) {
    if (!known.has(frame.iface)) pipeline.interface(frame.iface);
    known.add(frame.iface);
    pipeline.frame(frame);
  }
  await pipeline.finish(none);
  desk.turn(Date.now());
  return desk;
}

const known = new WeakSet<object>();
