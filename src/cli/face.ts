/** The terminal's screen for as long as a command has it. */
import { Stage } from '../tui/stage.ts';
import { CliError } from './errors.ts';

/** The screen, from the moment when somebody draws on it. */
export interface Face {
  readonly stage: Stage;
  /** Gives the terminal back; any number of times. */
  close(): void;
  /** What is done then. */
  onClose(act: () => void): void;
}

/** @throws CliError when there is no terminal */
export function openFace(color: string): Face {
  let stage: Stage;
  try {
    stage = new Stage(color);
  } catch (error) {
    throw new CliError(
      `cannot use the terminal: ${(error as Error).message}`,
      "'porthole watch' prints lines",
    );
  }
  const acts: (() => void)[] = [];
  let isOpen = true;
  return {
    stage,
    close() {
      if (!isOpen) return;
      isOpen = false;
      stage.close();
      for (const act of acts) act();
    },
    onClose: (act) => void acts.push(act),
  };
}
