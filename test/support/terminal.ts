/** A terminal of our own, by tmux: types, and shows what is on the screen. */
import { execFileSync } from 'node:child_process';
import { atEnd } from './at-end.ts';
import { until } from './wait.ts';

export interface Terminal {
  /** tmux key names: 'Enter', 'C-c', 'Down', or text. */
  type(...keys: string[]): void;
  /** What can be seen, lines without trailing blanks. */
  screen(): string;
  sees(text: string | RegExp): Promise<string>;
  /** A command of tmux's own, on the pane `t`; what it prints. */
  tmux(...args: string[]): string;
  close(): void;
}

/** Each has a server of its own: one that is ending takes no new terminal. */
let opened = 0;

export function openTerminal(
  env: Readonly<Record<string, string>>,
  { columns = 120, rows = 30 }: { columns?: number; rows?: number } = {},
): Terminal {
  const socket = `porthole-${process.pid}-${++opened}`;
  const tmux = (...args: string[]) =>
    execFileSync('tmux', ['-L', socket, '-f', '/dev/null', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    }).toString();
  const settings = Object.entries({ ...env, PS1: '$ ' }).map(([name, value]) => `${name}=${value}`);
  tmux(
    ...['new-session', '-d', '-s', 't', '-x', String(columns), '-y', String(rows)],
    ...['env', '-u', 'ENV', ...settings, 'sh'],
  );
  const close = () => {
    try {
      tmux('kill-server');
    } catch {
      // Ended with its shell.
    }
  };
  atEnd(close);
  const screen = () => tmux('capture-pane', '-p', '-t', 't').trimEnd();
  return {
    type: (...keys) => void tmux('send-keys', '-t', 't', ...keys),
    screen,
    tmux,
    async sees(text) {
      await until(
        () => (typeof text === 'string' ? screen().includes(text) : text.test(screen())),
        () => `${text} on the screen:\n${screen()}`,
      );
      return screen();
    },
    close,
  };
}
