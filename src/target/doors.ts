/**
 * Connections to daemons that have all rights. Who gives its own up must not keep one: a look-up that was not
 * waited for may still have it open.
 */
import type { Socket } from 'node:net';

const open = new Set<Socket>();

/** Remembers the socket until it is closed. */
export function door(socket: Socket): Socket {
  open.add(socket);
  socket.once('close', () => open.delete(socket));
  return socket;
}

/** Ends whatever question is still asked; those who asked are told as of any broken connection. */
export function closeDoors(): void {
  for (const socket of open)
    socket.destroy(Object.assign(new Error('the question was given up'), { code: 'ECONNRESET' }));
}
