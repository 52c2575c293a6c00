import { expect, test } from 'vitest';
import { settingsFor } from '../../../drills/command/load-templates.ts';

const LISTED = [
  { functionName: 'flights', batchSize: 100 },
  { functionName: 'payments', batchSize: 200 },
];

test('a function of a stage with several has its own settings, and one that the stage lacks those of the first', () => {
  expect(settingsFor('payments', LISTED)).toEqual({ functionName: 'payments', batchSize: 200 });
  expect(settingsFor('orders', LISTED)).toEqual({ functionName: 'orders', batchSize: 100 });
});
