/** The view of `tui`: a desk with the terminal's face, in the process that has no rights. */
import { closeSync, statSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { App } from '../tui/index.ts';
import { createDesk } from '../view/index.ts';
import { type Opener, openNew, type SaveSpec } from '../watch/index.ts';
import { outputOwner, type Setting, type View } from './capture.ts';
import type { CaptureOptions } from './capture-options.ts';
import type { DecodingOptions } from './decoding-options.ts';
import { deskView } from './desk-view.ts';
import { CliError } from './errors.ts';
import type { Face } from './face.ts';
import { platform as undo } from './platform.ts';
import { takeStderr } from './stray-lines.ts';
import { plainText } from './terminal.ts';
import { version } from './version.ts';

export interface TuiOptions extends DecodingOptions {
  readonly options: CaptureOptions;
  readonly title: string;
  readonly screen: Face;
  readonly saveDir: string;
}

/** Saved captures hold secrets. */
const fileMode = 0o600;
/** Of what was said while the screen was ours, so much is said again behind it. */
const saidAgain = 20;

export function tuiView(setting: Setting, wanted: TuiOptions): View {
  const { options, screen, title, query } = wanted;
  const saves = saveSpec(wanted.saveDir);
  const desk = createDesk({
    platform: { ...undo, schema: wanted.schema },
    rules: wanted.rules,
    isLive: setting.live,
    version: version(),
    now: () => performance.now(),
  });
  const view = deskView(setting, { ...wanted, desk, noNames: options.noNames > 0 });
  let save = (name: string): { fd: number; path: string } => openNew(saves, name);
  let app: App | undefined;
  /** Said before there was a screen. */
  const early: string[] = [];
  let stands: () => Promise<readonly string[]> = async () => [];
  let stop = () => {};
  let quit = () => {};
  const isOver = new Promise<void>((done) => {
    quit = done;
  });
  return {
    ...view,
    saves,
    hasScreen: true,
    stands(ask) {
      stands = ask;
    },
    onEnd(end) {
      stop = end;
    },
    begin(opener?: Opener) {
      if (opener) save = (name) => opener.newFile(name);
      app = new App({
        ...{ desk, title, query },
        stage: screen.stage,
        isLive: setting.live,
        showsTarget: setting.severalTargets,
        stands: async () => (await stands()).map(plainText),
        save: (name, bytes) => saved(save, name, bytes),
        onQuit() {
          screen.close();
          quit();
          stop();
        },
      });
      const { said, say } = { said: app.said, say: app.say.bind(app) };
      for (const text of early) say(text);
      const release = takeStderr((line) => say(plainText(line)));
      screen.onClose(() => {
        release();
        for (const { text } of said.slice(-saidAgain)) process.stderr.write(`porthole: ${text}\n`);
      });
    },
    member(mark, text) {
      const line = plainText(`${mark} ${text}`);
      if (app) app.say(line);
      else early.push(line);
    },
    async finish(counters) {
      await view.finish(counters);
      app?.finished(setting.live ? 'the capture is over; q ends' : 'the file is read to its end');
    },
    async linger(failed) {
      if (!failed && app) await isOver;
      app?.quit();
    },
  };
}

/** @throws CliError */
function saveSpec(given: string): SaveSpec {
  const directory = resolve(given);
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory())
    throw new CliError(`--save-dir ${given}: there is no such directory`);
  return { directory, ...outputOwner(), mode: fileMode };
}

const reasons: Readonly<Record<string, string>> = {
  EEXIST: 'there is one already, and it is not written over',
  EINVAL: 'letters, digits and .,_+@= make a name; no directory',
  EACCES: 'no permission to write there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
};

function saved(
  open: (name: string) => { fd: number; path: string },
  name: string,
  bytes: Uint8Array,
): string {
  try {
    const { fd, path } = open(name);
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    } finally {
      closeSync(fd);
    }
    return path;
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new CliError(`${name} was not saved: ${reasons[code] ?? (code || message)}`);
  }
}
