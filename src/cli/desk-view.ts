/** What views of a desk have in common: decoded traffic into it. */
import type { MessageSchema } from '../model/index.ts';
import { declarations } from '../protocols/registry.ts';
import { type Desk, readHar } from '../view/index.ts';
import type { Setting, View } from './capture.ts';
import { pipelineView, progressOf } from './pipeline-view.ts';
import { sidesOf, withSides } from './sides-view.ts';
import type { TlsKeys } from './tls-keys.ts';

export interface DeskViewOptions {
  readonly desk: Desk;
  readonly bodyLimit: number;
  readonly decodeAs: ReadonlyMap<number, string>;
  /** Secrets for what is encrypted. */
  readonly keys: TlsKeys;
  /** -n */
  readonly noNames: boolean;
  /** What is seen in several places is told as often. */
  readonly bothSides: boolean;
  /** Probes of the kubelet are counted instead of shown. */
  readonly noProbes: boolean;
  readonly schema: MessageSchema;
}

/** A file is read in pieces: between them whoever looks may ask. */
const breath = () => new Promise<void>((done) => setImmediate(done));

export function deskView(setting: Setting, options: DeskViewOptions): View {
  const { desk, bodyLimit, decodeAs, keys, noNames, noProbes, bothSides } = options;
  const sides = sidesOf(setting, desk.sink, bothSides);
  const view = pipelineView({
    ...{ setting, bodyLimit, decodeAs, keys, noNames, noProbes },
    sinks: [sides.sides],
    query: undefined,
    drain: breath,
  });
  const fields = new Map(declarations.map(({ name, title, fields }) => [name, { title, fields }]));
  return {
    ...withSides(view, sides),
    har: (text) => void readHar(text, desk.sink, fields),
    progress: () => progressOf(view.pipeline, undefined),
  };
}
