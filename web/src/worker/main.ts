/**
 * A capture file or a HAR file, opened in the browser: the same decoder and the same desk as in the process, in a worker, so that
 * the page stays quick. Begins with `{file}`; from then on it speaks as the process does.
 */

import type { Sink } from '../../../src/model/index.ts';
import { CaptureDecoder, type DecoderOutput } from '../../../src/pcap/index.ts';
import { createPipeline, Names, Sides } from '../../../src/pipeline/index.ts';
import { declarations, inners, protocols } from '../../../src/protocols/registry.ts';
import { defaultRules } from '../../../src/redact/index.ts';
import { createDesk, readHar } from '../../../src/view/index.ts';
import { DeskTalk } from '../../../src/web/talk.ts';
import { platform } from './platform.ts';

/** The worker's global scope, of which these are used. */
declare const self: {
  onmessage: ((event: { data: unknown }) => void) | null;
  postMessage(message: unknown): void;
};

/** Bytes kept of each body, as `porthole web` keeps when nothing is said. */
const bodyLimit = 65_536;
/** A tab may have a gigabyte: half of it for entries and packets, the rest for what makes them and for the page. */
const limits = { entries: 1_000_000, bytes: 384 * 1024 ** 2, packetBytes: 128 * 1024 ** 2 };
/** What has come is shown so often while it is read. */
const turnMs = 100;

self.onmessage = ({ data }) => {
  const { file } = data as { file: File };
  void open(file).catch((error: Error) => self.postMessage({ failed: error.message }));
};

async function open(file: File): Promise<void> {
  const desk = createDesk({ platform, rules: defaultRules, limits, now: () => performance.now() });
  const known = new Map<string, string>();
  const status: string[] = [];
  const isHar = await looksLikeHar(file);
  const ignored = { interface() {}, frame() {}, loss() {} };
  // Names stand at the end of a file, and are wanted from its beginning. A file that is none is told here.
  if (!isHar) await decoded(file, { ...ignored, name: (address, name) => void known.set(address, name) });

  const sides = new Sides(desk.sink, { isMerged: true });
  const pipeline = createPipeline({
    ...{ protocols, inners, bodyLimit },
    sinks: [sides],
    names: new Names(known),
    decodeAs: new Map(),
  });
  const talk = new DeskTalk(
    desk,
    {
      answer: (message) => self.postMessage(message),
      news: (_, make) => self.postMessage(make()),
      overtaken: 0,
    },
    () => ({
      title: file.name,
      version: 'in this browser',
      query: '',
      isMasked: true,
      targets: [],
      status: [`${file.name}, ${file.size} bytes: read in this browser alone`, ...status],
    }),
  );
  if (isHar) status.push(await harInto(desk.sink, file));
  self.onmessage = ({ data }) => talk.receive(data);
  self.postMessage({ ready: true });

  let captured = 0;
  let turnAt = performance.now() + turnMs;
  const turn = () => {
    desk.turn(Date.now());
    talk.turn();
  };
  // A list that a new filter makes is filled turn by turn; nothing else is to be done here.
  const keepTurning = () => {
    turn();
    setTimeout(keepTurning, talk.isBehind ? 0 : turnMs);
  };
  if (isHar) return keepTurning();
  await decoded(
    file,
    {
      interface: (iface) => pipeline.interface(iface),
      frame(frame) {
        captured++;
        pipeline.frame(frame);
      },
      loss(loss) {
        status.push(loss.detail ?? loss.kind);
        pipeline.loss(loss);
      },
    },
    async () => {
      void pipeline.batch();
      if (performance.now() < turnAt) return;
      turn();
      turnAt = performance.now() + turnMs;
      // Whoever looks may ask meanwhile.
      await new Promise((done) => setTimeout(done));
    },
  );
  await pipeline.finish({
    ...{ captured, received: captured, dropped: 0, freezes: 0, snaplenCut: 0, duplicates: 0 },
  });
  status.push(`read to its end: ${captured} packets`);
  keepTurning();
}

/** JSON, behind blanks and a byte order mark; no capture file begins so. */
async function looksLikeHar(file: File): Promise<boolean> {
  const head = await file.slice(0, 64).text();
  return /^\ufeff?\s*\{/.test(head);
}

/** A text is parsed as a whole: four times its size is taken meanwhile. */
const harMax = 256 * 1024 ** 2;

/** @returns what was read, in words. @throws HarError */
async function harInto(sink: Sink, file: File): Promise<string> {
  if (file.size > harMax)
    throw new Error(`a HAR file of ${file.size} bytes: at most ${harMax} are read here`);
  const fields = new Map(declarations.map(({ name, ...declared }) => [name, declared]));
  const { entries, left } = readHar(await file.text(), sink, fields);
  return `${entries} entries of a HAR file${left > 0 ? `, ${left} without a request left out` : ''}`;
}

/** Feeds a file, compressed or not. @throws CaptureFileError */
async function decoded(
  file: File,
  out: DecoderOutput,
  after: () => void | Promise<void> = () => {},
): Promise<void> {
  const head = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  const isGzip = head[0] === 0x1f && head[1] === 0x8b;
  const bytes = isGzip ? file.stream().pipeThrough(new DecompressionStream('gzip')) : file.stream();
  const decoder = new CaptureDecoder();
  const reader = bytes.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || decoder.damaged) break;
      decoder.feed(value, out);
      await after();
    }
  } catch (error) {
    // The compression is damaged; what came before it counts.
    if (!(error instanceof TypeError)) throw error;
    out.loss({ kind: 'damaged', count: 1, detail: 'damaged or cut off in its compression' });
    return;
  }
  decoder.end(out);
}
