/** Tells CloudFormation, once, that the watchdog runs. */
export type SignalRuns = () => Promise<void>;

/**
 * Runs before the signal. The alarms that are made after it look minutes back: by then five minutes of the mapping and
 * of the watchdog are behind them, of which CloudWatch has at least three.
 */
const RUNS_BEFORE_SIGNAL = 6;

/** Nobody waits long for a signal that may be of no interest any more. */
const TIMEOUT_MS = 5_000;

/**
 * Makes the signal that a wait condition of the stack waits for when it is created: the alarm about a silent watchdog
 * is made after it. Later on nobody listens, and the address refuses, which is no failure.
 * {@link https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-waitcondition.html}
 *
 * @param url of the handle; empty if nobody waits
 * @returns to be called after every run that published its metrics; never throws
 */
export function createRunsSignal(url: string): SignalRuns {
  let runs = 0;
  let isAnswered = url === '';
  return async () => {
    runs += 1;
    if (isAnswered || runs < RUNS_BEFORE_SIGNAL) return;
    const body = JSON.stringify({ Status: 'SUCCESS', Reason: 'the watchdog runs', UniqueId: 'watchdog', Data: '' });
    try {
      // The signature of the address covers an empty content type.
      const response = await fetch(url, {
        method: 'PUT',
        body: Buffer.from(body),
        headers: { 'content-type': '' },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      isAnswered = response.status < 500;
    } catch {
      // Out of reach: the next run tries again.
    }
  };
}
