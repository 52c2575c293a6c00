import { alias, concurrency, dataApi } from './account-questions.ts';
import { idleZeros, lateMetrics } from './metric-questions.ts';
import { page } from './page-question.ts';
import { pause } from './pause-question.ts';
import { probe } from './probe-question.ts';
import { unknown, type Question } from './question.ts';
import { forgottenPosition } from './stream-questions.ts';

/** A timeout leaves a note of a crash behind, which pages: that is not for a command to do by itself. */
const timeoutLog: Question = {
  name: 'timeout-log',
  question: 'How does a timeout show in logs that are JSON?',
  changes: false,
  isForLocal: false,
  answer: () =>
    Promise.resolve(unknown('not run: a timeout would page. Try it by hand, as docs/first-deployment.md describes')),
};

/** All that only an account can tell, in the order in which it is asked: what stops the consumer comes last. */
export const QUESTIONS: readonly Question[] = [
  dataApi,
  concurrency,
  alias,
  forgottenPosition,
  idleZeros,
  lateMetrics,
  probe,
  page,
  pause,
  timeoutLog,
];
