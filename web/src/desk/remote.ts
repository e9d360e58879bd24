/** The desk in the process that served this page. */
import { batch } from '@preact/signals';
import { decodeFrame, encodeFrame } from '../../../src/web/frame.ts';
import { query } from '../address-bar.ts';
import { desk, fileName, skipped, state, way } from './desk.ts';
import { FarSide } from './far.ts';

/** Tried again so soon, and ever more seldom: the process has ended, or the machine slept. */
const againMs = [300, 1000, 3000, 10_000];

/** -Y counts once: whoever empties the filter means it. */
let hasAsked = false;

export function startRemoteDesk(): void {
  connect(0);
}

function connect(attempt: number): void {
  const socket = new WebSocket(`ws://${location.host}/channel`);
  socket.binaryType = 'arraybuffer';
  let isWanted = true;
  const far = new FarSide(
    (message) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(encodeFrame(message));
    },
    (now, overtaken) => {
      batch(() => {
        state.value = now;
        skipped.value = overtaken;
      });
    },
    () => {
      isWanted = false;
      socket.close();
    },
  );
  socket.onopen = () => {
    attempt = 0;
    batch(() => {
      way.value = 'open';
      desk.value = far;
    });
    if (query.peek() === '' && !hasAsked)
      void far.about().then((about) => {
        query.value ||= about.query;
      });
    hasAsked = true;
  };
  socket.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => far.receive(decodeFrame(new Uint8Array(data)));
  socket.onclose = () => {
    if (!isWanted || fileName.peek() !== '') return;
    way.value = 'lost';
    setTimeout(() => connect(attempt + 1), againMs[Math.min(attempt, againMs.length - 1)]);
  };
}
