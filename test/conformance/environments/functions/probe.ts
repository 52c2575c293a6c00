/**
 * A function that does what its event says, to find out what an environment does about it. Bundled and run by the
 * tests as a deployed function would be.
 *
 * @module
 */
interface ProbeContext {
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

interface ProbeEvent {
  readonly do: ProbeAction;
  readonly argument?: unknown;
}

let invocations = 0;
let ticks = 0;
setInterval(() => {
  ticks += 1;
}, 5);

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What the function can be asked to do. */
export type ProbeAction = keyof typeof ACTIONS;

const ACTIONS = {
  echo: (argument: unknown) => argument,
  count: () => invocations,
  nothing: () => undefined,
  environment: () => process.env,
  context: (_: unknown, context: ProbeContext) => ({
    ...context,
    remaining: context.getRemainingTimeInMillis(),
  }),
  remaining: async (ms: unknown, context: ProbeContext) => {
    const before = context.getRemainingTimeInMillis();
    await sleep(Number(ms));
    return before - context.getRemainingTimeInMillis();
  },
  log: (lines: unknown) => {
    for (const line of lines as readonly string[]) console.log(line);
    process.stderr.write('to stderr\n');
  },
  throwError: () => {
    throw new TypeError('no such flight');
  },
  throwText: () => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- what Lambda makes of it is the question
    throw 'just text';
  },
  sleep: (ms: unknown) => sleep(Number(ms)),
  spin: () => {
    for (;;) invocations += 0;
  },
  exit: (code: unknown) => process.exit(Number(code)),
  rejectLater: async () => {
    void Promise.reject(new RangeError('lost promise'));
    await sleep(10_000);
  },
  throwLater: async () => {
    setTimeout(() => {
      throw new RangeError('late');
    }, 1);
    await sleep(10_000);
  },
  fillMemory: () => {
    const kept: number[][] = [];
    for (;;) kept.push(new Array<number>(100_000).fill(kept.length));
  },
  text: (length: unknown) => 'x'.repeat(Number(length)),
  ticks: () => ticks,
  failItems: (identifiers: unknown) => ({
    batchItemFailures: (identifiers as readonly unknown[]).map((itemIdentifier) => ({ itemIdentifier })),
  }),
};

/** @public Loaded by name from the bundle. */
export const handler = async (event: ProbeEvent, context: ProbeContext): Promise<unknown> => {
  invocations += 1;
  return await ACTIONS[event.do](event.argument, context);
};

/** @public Loaded by name from the bundle. */
export const notAFunction = 'a string';
