import { openScreen } from '../command-line/screen.ts';

/** Says on standard error what a command is busy with, once that takes longer than anybody waits without asking. */
export interface OpsProgress extends Disposable {
  /** Says what is being done now; may be called as often as one likes. */
  readonly show: (line: string) => void;
  /** Says a line of the answer on standard output; what a terminal shows of the progress makes way for it. */
  readonly say: (line: string) => void;
}

/** What is over sooner needs no words. */
const PATIENCE_MS = 2_000;

const TICK_MS = 500;

/** Begins to wait. Standard output stays free for the answer. */
export function openOpsProgress(): OpsProgress {
  const screen = openScreen(process.stderr);
  const startedAt = performance.now();
  let [line, shown] = ['', ''];
  const tick = (): void => {
    if (line === shown || performance.now() - startedAt < PATIENCE_MS) return;
    shown = line;
    screen.update(`${line} …`);
  };
  const timer = setInterval(tick, TICK_MS);
  // A command that is done does not wait for its own progress.
  timer.unref();
  return {
    show: (next) => {
      line = next;
      tick();
    },
    say: (answer) => {
      screen[Symbol.dispose]();
      console.log(answer);
    },
    [Symbol.dispose]: () => {
      clearInterval(timer);
      screen[Symbol.dispose]();
    },
  };
}
