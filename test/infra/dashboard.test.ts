import { beforeAll, describe, expect, test, vi } from 'vitest';
import { BATCH_METRICS, DEFAULT_METRICS_NAMESPACE, WATCHDOG_METRICS } from '../../contract/metrics.ts';
import { LOG_QUERIES } from '../../lib/monitoring/log-queries.ts';
import { EVERYTHING, synthesize, type Synthesized } from './synthesized.ts';

// A synthesis takes a second or two, and many times that on a busy machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

interface Widget {
  readonly type: string;
  readonly properties: {
    readonly title?: string;
    readonly metrics?: readonly (readonly unknown[])[];
    readonly query?: string;
    readonly alarms?: readonly string[];
    readonly annotations?: { readonly horizontal?: readonly { readonly value: number; readonly label: string }[] };
    readonly start?: string;
  };
}

/** Dimensions under which AWS publishes each metric that is shown. */
const AWS_METRICS: Readonly<Record<string, readonly [dimension: string, ...names: string[]]>> = {
  'AWS/Kinesis': ['StreamName', 'IncomingRecords'],
  'AWS/RDS': ['DBClusterIdentifier', 'ServerlessDatabaseCapacity', 'DatabaseConnections'],
  'AWS/Lambda': ['FunctionName', 'IteratorAge', 'Duration', 'ConcurrentExecutions', 'Errors', 'Throttles'],
};
const MAPPING_METRICS = ['OnFailureDestinationDeliveredEventCount', 'DroppedEventCount'];

let stack: Synthesized;
let widgets: readonly Widget[];

beforeAll(() => {
  stack = synthesize();
  widgets = widgetsOf(stack);
});

/** The body as CloudWatch gets it, with every reference replaced by a name. */
function widgetsOf({ ofType }: Synthesized): readonly Widget[] {
  const [dashboard] = ofType('AWS::CloudWatch::Dashboard');
  const body = dashboard![1].Properties['DashboardBody'] as {
    readonly 'Fn::Join': readonly [string, readonly unknown[]];
  };
  const text = body['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : 'reference')).join('');
  return (JSON.parse(text) as { readonly widgets: readonly Widget[] }).widgets;
}

/** Metrics of all graphs, formulas left out, with `.` for "the same as above" filled in. */
function metricsOf(widget: Widget): readonly (readonly unknown[])[] {
  const rows: (readonly unknown[])[] = [];
  for (const row of widget.properties.metrics ?? []) {
    const above = rows.at(-1) ?? [];
    if (typeof row[0] === 'string') rows.push(row.map((cell, index) => (cell === '.' ? above[index] : cell)));
  }
  return rows;
}

describe('the dashboard', () => {
  test('shows only metrics that somebody publishes, under the dimensions they have', () => {
    const shown = widgets.flatMap(metricsOf);
    expect(shown.length).toBeGreaterThan(30);
    for (const [namespace, name, dimension, value] of shown as readonly (readonly string[])[]) {
      if (namespace === DEFAULT_METRICS_NAMESPACE) {
        expect(Object.keys({ ...BATCH_METRICS, ...WATCHDOG_METRICS })).toContain(name);
        expect([dimension, value]).toEqual(['service', 'orders-test']);
      } else if (MAPPING_METRICS.includes(name ?? '')) {
        expect([namespace, dimension]).toEqual(['AWS/Lambda', 'EventSourceMappingUUID']);
      } else {
        const [own, ...names] = AWS_METRICS[namespace ?? ''] ?? [];
        expect(names).toContain(name);
        expect(dimension).toBe(own);
      }
    }
  });

  test('shows what an incident needs', () => {
    expect(widgets.map(({ properties }) => properties.title).filter((title) => title !== undefined)).toEqual([
      'Verdict',
      'How far behind',
      'Time to caught up',
      'Hours until data loss',
      'Records in and out, per minute',
      'Catch-up rate',
      'Set aside or held',
      'Records per batch',
      'Time of an invocation',
      'Concurrency, errors and throttles',
      'Data API',
      'Lookup cache',
      'Database',
      'Verdicts',
      'Not seen by the watchdog',
      'Errors by class',
      'Slowest batches',
      'Quarantined events',
      'Versions running',
      'Positions held',
      'Alarms',
    ]);
  });

  test('shows the time left as the watchdog reckons it, in hours', () => {
    const graph = widgets.find(({ properties }) => properties.title === 'Time to caught up');
    const [expression, ...published] = graph?.properties.metrics ?? [];
    expect(expression).toEqual([expect.objectContaining({ expression: 'left / 3600' })]);
    expect(published.map((row) => [row[1], row.at(-1)])).toEqual([
      ['TimeToCaughtUp', expect.objectContaining({ id: 'left', stat: 'Maximum', visible: false })],
    ]);
  });

  test('draws the thresholds of the alarms, and what the numbers of the verdict mean', () => {
    const limits = widgets.flatMap(({ properties }) => properties.annotations?.horizontal ?? []);
    expect(limits.map(({ value, label }) => [label, value])).toEqual([
      ['OK', 0],
      ['CATCHING_UP', 1],
      ['SLOW', 2],
      ['STALLED', 3],
      ['STOPPED', 4],
      ['HELD', 5],
      ['BLIND', 6],
      ['pages', 300],
      ['pages', 84],
      ['standing still', 0],
      ['batchSize', 1000],
      ['timeout', 60_000],
      ['shards × parallelizationFactor', 4],
      ['notifies', 50],
      ['databaseMaxCapacity', 8],
    ]);
  });

  test('shows the state of every alarm', () => {
    const shown = widgets.find(({ type }) => type === 'alarm')?.properties.alarms;
    const alarms =
      stack.ofType('AWS::CloudWatch::Alarm').length + stack.ofType('AWS::CloudWatch::CompositeAlarm').length;
    // All but the alarm of a version that takes over, which belongs to the deployment.
    expect(shown).toHaveLength(alarms - 1);
  });

  test('has one time window for metrics and logs', () => {
    expect(widgets.filter(({ properties }) => properties.start !== undefined)).toEqual([]);
  });

  test('asks the logs of processor and watchdog, and saves the same questions', () => {
    const asked = widgets.filter(({ type }) => type === 'log').map(({ properties }) => properties.query);
    expect(asked).toHaveLength(LOG_QUERIES.length);
    expect(asked.every((query) => query?.startsWith("SOURCE 'reference' | "))).toBe(true);
    const saved = stack.ofType('AWS::Logs::QueryDefinition').map(([, { Properties }]) => Properties);
    expect(saved.map(({ QueryString }) => `SOURCE 'reference' | ${String(QueryString)}`)).toEqual(asked);
    for (const { Name, LogGroupNames } of saved) {
      const query = LOG_QUERIES.find(({ title }) => Name === `orders-test/${title}`);
      const group = query?.of === 'watchdog' ? /^WatchingWatchdogLogs/ : /^ProcessingProcessorLogs/;
      expect(LogGroupNames).toEqual([{ Ref: expect.stringMatching(group) as unknown }]);
    }
  });

  test('is valid with everything turned on', () => {
    expect(widgetsOf(synthesize(EVERYTHING))).toHaveLength(widgets.length);
  });
});
