import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MUTATIONS, type MutationName } from '../../../local/chaos/mutation.ts';
import { findNotice } from '../../../local/chaos/run-chaos-command.ts';
import { startChaosPlayground, type ChaosPlayground } from '../../../local/chaos/start-chaos-playground.ts';

let playground: ChaosPlayground;

beforeAll(async () => {
  playground = await startChaosPlayground();
});

afterAll(() => playground.close());

// They share a database, and wait for most of their time.
describe.concurrent('the checker', () => {
  it.each(Object.keys(MUTATIONS) as MutationName[])('notices the mutation %s', async (mutation) => {
    const result = await findNotice(mutation, { runs: 5, seed: 1, playground });
    expect(result?.violations[0]).toBeDefined();
  });
});
