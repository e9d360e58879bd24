/** The desk in a worker of this page, over a file that only this page has. */
import { batch } from '@preact/signals';
import { type FarDesk, skipped, state } from './desk.ts';
import { FarSide } from './far.ts';

interface Policy {
  createScriptURL(text: string): string;
}

/** Trusted Types (W3C): the one script URL that this page makes, and it is a constant. */
const policy = (
  globalThis as {
    trustedTypes?: { createPolicy(name: string, rules: { createScriptURL(text: string): string }): Policy };
  }
).trustedTypes?.createPolicy('porthole', {
  createScriptURL: () => '/worker.js',
});

/** @throws Error with words for people, when it is no capture file */
export function localDesk(file: File): Promise<FarDesk> {
  const worker = new Worker(policy?.createScriptURL('') ?? '/worker.js', { type: 'module' });
  return new Promise((done, failed) => {
    let isOpen = false;
    const far = new FarSide(
      (message) => worker.postMessage(message),
      (now) => {
        batch(() => {
          state.value = now;
          skipped.value = 0;
        });
      },
      () => worker.terminate(),
    );
    worker.onmessage = ({ data }: MessageEvent<{ ready?: true; failed?: string }>) => {
      if (data.ready) {
        isOpen = true;
        done(far);
      } else if (data.failed !== undefined && !isOpen) {
        worker.terminate();
        failed(new Error(data.failed));
      } else far.receive(data);
    };
    worker.onerror = (event) => failed(new Error(event.message || 'the worker did not start'));
    worker.postMessage({ file });
  });
}
