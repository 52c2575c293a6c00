import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeFunctionBundle } from '../../../build/bundle-function.ts';
import { createFunctionRuntime, type FunctionRuntime } from '../../../local/environments/function-runtime.ts';
import { describeThrown } from '../../../local/environments/lambda-error.ts';
import { createEventSourceMapping } from '../../../local/mapping/event-source-mapping.ts';
import { MemoryStream } from '../../../local/mapping/memory-source.ts';
import type { FailureDocument, FunctionInvoker } from '../../../local/mapping/ports.ts';
import { handler } from './functions/answering.ts';

/** Recorded against AWS with batch size 1 and two retries: a failure is invoked three times and says so. */
const SUCCESSES = ['{"batchItemFailures":[]}', '{"batchItemFailures":null}', '{}', 'null', 'undefined', '""', '[]'];
const FAILURES = [
  { wish: '{"batchItemFailures":[{"itemIdentifier":123}]}', functionError: null },
  { wish: '{"batchItemFailures":[{"itemIdentifier":""}]}', functionError: null },
  { wish: '{"batchItemFailures":[{"itemIdentifier":null}]}', functionError: null },
  { wish: '{"batchItemFailures":[{"foo":123}]}', functionError: null },
  { wish: '{"batchItemFailures":[{"foo":null}]}', functionError: null },
  { wish: '{"batchItemFailures":[{"itemIdentifier":"SELF"}]}', functionError: null },
  { wish: 'throw', functionError: 'Unhandled' },
] as const;

let folder: string;
let runtime: FunctionRuntime;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'answering-'));
  await writeFunctionBundle('test/conformance/mapping/functions/answering.ts', folder);
  runtime = createFunctionRuntime({ bundlePath: join(folder, 'index.mjs'), functionName: 'answering' });
});
afterAll(async () => {
  await runtime.close();
  await rm(folder, { recursive: true });
});

/** The handler called in this process, in the place of an environment. */
const inProcess: FunctionInvoker = {
  invoke: async (payload) => {
    try {
      const result = await handler(JSON.parse(payload) as Parameters<typeof handler>[0]);
      return { kind: 'response', payload: result === undefined ? 'null' : JSON.stringify(result) };
    } catch (thrown) {
      return { kind: 'error', functionError: 'Unhandled', payload: JSON.stringify(describeThrown(thrown)) };
    }
  },
};

async function deliver(invoker: FunctionInvoker, wish: string, isReporting = true) {
  const stream = new MemoryStream({ shardCount: 1 });
  stream.append([{ partitionKey: 'key', data: Buffer.from(wish).toString('base64') }]);
  let invocations = 0;
  const documents: FailureDocument[] = [];
  const mapping = createEventSourceMapping({
    source: stream,
    invoker: {
      invoke: (payload, context) => {
        invocations += 1;
        return invoker.invoke(payload, context);
      },
    },
    settings: { batchSize: 1, maximumRetryAttempts: 2, reportBatchItemFailures: isReporting },
    onFailure: { deliver: ({ document }) => Promise.resolve(void documents.push(document)) },
    pace: { idlePollMs: 1, minReadIntervalMs: 1, retryBackoff: { firstMs: 1, maxMs: 1 } },
  });
  await mapping.start();
  await mapping.drained();
  await mapping.stop();
  return { invocations, documents };
}

describe.each([
  { name: 'a handler in this process', invokerOf: () => inProcess },
  { name: 'an execution environment', invokerOf: () => runtime },
])('response contract of $name', ({ invokerOf }) => {
  it.each(SUCCESSES)('%s: one invocation', async (wish) => {
    expect(await deliver(invokerOf(), wish)).toEqual({ invocations: 1, documents: [] });
  });

  it.each(FAILURES)('$wish: three invocations, function error $functionError', async ({ wish, functionError }) => {
    const { invocations, documents } = await deliver(invokerOf(), wish);
    expect(invocations).toBe(3);
    expect(documents.map(({ requestContext }) => requestContext.approximateInvokeCount)).toEqual([3]);
    expect(documents[0]?.responseContext?.functionError).toBe(functionError);
  });

  it('a partial answer is ignored when failures are not reported', async () => {
    const wish = '{"batchItemFailures":[{"itemIdentifier":"SELF"}]}';
    expect(await deliver(invokerOf(), wish, false)).toEqual({ invocations: 1, documents: [] });
  });
});
