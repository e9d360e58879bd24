import type { Detection } from '../../model/index.ts';
import { judge } from './plausible.ts';

/** What speaks for it must be this much when no handshake was seen. */
const enough = 3;

/** Without its handshake: frames that fill what each side sent, masked on the client's, with texts in them. */
export function detect(client: Uint8Array, server: Uint8Array): Detection {
  const asked = judge(client, 0, client.length, true);
  const answered = judge(server, 0, server.length, false);
  if (asked.kind === 'no' || answered.kind === 'no') return 'no';
  if (asked.kind === 'yes' && asked.score >= enough) return 'yes';
  if (answered.kind === 'yes' && answered.score >= enough) return 'yes';
  return 'more';
}
