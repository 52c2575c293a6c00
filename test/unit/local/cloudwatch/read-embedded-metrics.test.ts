import { Metrics } from '@aws-lambda-powertools/metrics';
import { describe, expect, it, vi } from 'vitest';
import { readEmbeddedMetrics } from '../../../../local/cloudwatch/metrics/read-embedded-metrics.ts';

const DOCUMENT = {
  _aws: {
    Timestamp: 1_764_000_000_000,
    CloudWatchMetrics: [
      {
        Namespace: 'Shop',
        Dimensions: [['service']],
        Metrics: [{ Name: 'Orders', Unit: 'Count' }],
      },
    ],
  },
  service: 'orders',
  Orders: 3,
};

function withDirective(directive: object, members: object = {}): string {
  const [only] = DOCUMENT._aws.CloudWatchMetrics;
  return JSON.stringify({
    ...DOCUMENT,
    _aws: { ...DOCUMENT._aws, CloudWatchMetrics: [{ ...only, ...directive }] },
    ...members,
  });
}

describe('metrics in a log line', () => {
  it('are found with their dimensions, time and unit', () => {
    expect(readEmbeddedMetrics(JSON.stringify(DOCUMENT))).toEqual([
      {
        metric: { namespace: 'Shop', name: 'Orders', dimensions: { service: 'orders' } },
        timestampMs: 1_764_000_000_000,
        values: [3],
        unit: 'Count',
        resolutionSeconds: 60,
      },
    ]);
  });

  it('are found as Powertools writes them', () => {
    let written = '';
    const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      written += String(text);
      return true;
    });
    const metrics = new Metrics({ namespace: 'Shop', serviceName: 'orders-prod' });
    metrics.addMetric('BacklogAge', 'Seconds', 5);
    metrics.addMetric('Orders', 'Count', 1);
    metrics.addMetric('Orders', 'Count', 2);
    metrics.publishStoredMetrics();
    spy.mockRestore();
    const found = written.split('\n').flatMap(readEmbeddedMetrics);
    expect(found.map(({ metric, values, unit }) => [metric.name, metric.dimensions, values, unit])).toEqual([
      ['BacklogAge', { service: 'orders-prod' }, [5], 'Seconds'],
      ['Orders', { service: 'orders-prod' }, [1, 2], 'Count'],
    ]);
  });

  it('are found behind what the text format of Lambda puts in front', () => {
    const line = `2026-11-26T07:56:53.945Z\t9c3d5a10-71b2-49c7-b0a4-6e8f9b2c5503\tINFO\t${JSON.stringify(DOCUMENT)}`;
    expect(readEmbeddedMetrics(line)).toHaveLength(1);
  });

  it('are one metric per set of dimensions, also of the empty one', () => {
    const line = withDirective({ Dimensions: [['service'], ['service', 'region'], []] }, { region: 'eu' });
    expect(readEmbeddedMetrics(line).map(({ metric }) => metric.dimensions)).toEqual([
      { service: 'orders' },
      { service: 'orders', region: 'eu' },
      {},
    ]);
  });

  it('may be of high resolution', () => {
    const line = withDirective({ Metrics: [{ Name: 'Orders', StorageResolution: 1 }] });
    expect(readEmbeddedMetrics(line)[0]).toMatchObject({ resolutionSeconds: 1 });
  });

  it.each([
    { what: 'plain text', line: 'hello "_aws"' },
    { what: 'another document', line: JSON.stringify({ level: 'INFO', message: 'no metrics' }) },
    { what: 'something after the document', line: `${JSON.stringify(DOCUMENT)} and more` },
    { what: 'no timestamp', line: JSON.stringify({ ...DOCUMENT, _aws: { ...DOCUMENT._aws, Timestamp: undefined } }) },
    { what: 'no namespace', line: withDirective({ Namespace: '' }) },
    { what: 'a dimension without a value', line: withDirective({ Dimensions: [['stage']] }) },
    { what: 'a dimension that is a number', line: withDirective({ Dimensions: [['Orders']] }) },
    { what: 'a metric without a value', line: withDirective({ Metrics: [{ Name: 'Missing' }] }) },
    { what: 'a metric that is text', line: withDirective({}, { Orders: '3' }) },
    { what: 'an empty list of values', line: withDirective({}, { Orders: [] }) },
    { what: '101 values', line: withDirective({}, { Orders: Array.from({ length: 101 }, () => 1) }) },
    {
      what: '101 metrics',
      line: withDirective({ Metrics: Array.from({ length: 101 }, () => ({ Name: 'Orders' })) }),
    },
  ])('are none in $what', ({ line }) => {
    expect(readEmbeddedMetrics(line)).toEqual([]);
  });

  it('are found up to the limits: 100 values, 100 metrics', () => {
    const values = Array.from({ length: 100 }, (_, index) => index);
    expect(readEmbeddedMetrics(withDirective({}, { Orders: values }))[0]?.values).toEqual(values);
    const metrics = Array.from({ length: 100 }, () => ({ Name: 'Orders' }));
    expect(readEmbeddedMetrics(withDirective({ Metrics: metrics }))).toHaveLength(100);
  });
});
