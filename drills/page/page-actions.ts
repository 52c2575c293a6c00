import { BATCH_SIZE, PARALLELIZATION_FACTOR } from '../../contract/limits.ts';
import type { PageControls } from '../../local/page/page-snapshot.ts';
import type { PageForm } from '../../local/page/render-page.ts';
import type { PageOptions } from '../../local/page/start-page.ts';
import type { PageWorld } from './page-world.ts';

type Fields = Readonly<Record<string, number>>;

/** The buttons of the page. */
export function pageForms({ arrivalsPerSecond, batchSize, parallelizationFactor }: PageControls): readonly PageForm[] {
  return [
    { action: 'stop', button: 'Stop the consumer' },
    { action: 'start', button: 'Start the consumer' },
    {
      action: 'pass',
      button: 'Let them pass',
      fields: [{ name: 'minutes', label: 'Minutes', min: 1, max: 60, value: 5 }],
    },
    {
      action: 'arrivals',
      button: 'Set arrivals',
      fields: [{ name: 'arrivals', label: 'New events a second', min: 0, max: 1_000, value: arrivalsPerSecond }],
    },
    {
      action: 'mapping',
      button: 'Set the mapping',
      fields: [
        { name: 'batchSize', label: 'Batch size', ...BATCH_SIZE, value: batchSize },
        { name: 'factor', label: 'Parallelization factor', ...PARALLELIZATION_FACTOR, value: parallelizationFactor },
      ],
    },
    { action: 'database-down', button: 'Stop the database' },
    { action: 'database-up', button: 'Start the database' },
    {
      action: 'poison',
      button: 'Put bad events',
      fields: [{ name: 'count', label: 'Bad events', min: 1, max: 1_000, value: 5 }],
    },
    { action: 'redrive', button: 'Remove the cause and redrive' },
  ];
}

/** What the buttons do; each says what it did. */
export function pageActions(world: PageWorld): PageOptions['act'] {
  const actions: Readonly<Record<string, (fields: Fields) => Promise<string>>> = {
    stop: async () => {
      await world.setConsumerRunning(false);
      return 'The event source mapping is disabled.';
    },
    start: async () => {
      await world.setConsumerRunning(true);
      return 'The event source mapping is enabled.';
    },
    pass: async ({ minutes = 1 }) => {
      await world.passMinutes(minutes);
      return `${minutes} minutes have passed.`;
    },
    arrivals: ({ arrivals = 0 }) => {
      world.setArrivals(arrivals);
      return Promise.resolve(`${arrivals} new events arrive each second.`);
    },
    mapping: async ({ batchSize = 1, factor: parallelizationFactor = 1 }) => {
      await world.updateMapping({ batchSize, parallelizationFactor });
      return `The mapping has a batch size of ${batchSize} and a parallelization factor of ${parallelizationFactor}.`;
    },
    'database-down': () => {
      world.setDatabaseUp(false);
      return Promise.resolve('The database no longer answers calls.');
    },
    'database-up': () => {
      world.setDatabaseUp(true);
      return Promise.resolve('The database answers again.');
    },
    poison: async ({ count = 1 }) => {
      await world.poison(count);
      return `${count} bad events were put on the stream.`;
    },
    redrive: async () => `${await world.redrive()} records were put back on the stream.`,
  };
  return (action, fields) => actions[action]?.(fields) ?? Promise.reject(new Error('there is no such button'));
}
