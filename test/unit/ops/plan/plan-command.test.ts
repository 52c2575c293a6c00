import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parsePlanOptions } from '../../../../ops/plan/plan-options.ts';
import { runPlan, type MeasuredFunction } from '../../../../ops/plan/run-plan.ts';
import type { Plan } from '../../../../planner/plan.ts';
import { DEFAULT_PRICES } from '../../../../planner/prices.ts';
import { planText } from '../../../support/plan-text.ts';

const TWO_DAYS = '--arrival-rate 65 --backlog-age 2d --record-bytes 150';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plan-'));
});

afterEach(() => rm(folder, { recursive: true }));

describe('npm run plan', () => {
  it('prints what scripts rely on', async () => {
    const line =
      `${TWO_DAYS} --shards 1 --parallelization-factor 1 --batch-size 1000 --partition-keys 1000 ` +
      '--data-api-latency-ms 17 --json';
    const plan = JSON.parse(await planText(line)) as Plan;
    expect(plan.binding).toBe('stream');
    // 11.2 million records at what a shard gives of 150 bytes.
    expect(plan.timeToCaughtUpSeconds?.low).toBeCloseTo(11_232_000 / (2_097_152 / 150 - 65), -1);
    expect(plan.timeToCaughtUpSeconds?.high).toBeLessThan(1_000);
    expect(plan.monthlyCostUsd).toBeGreaterThan(50);
    expect(plan.catchUpCostUsd).toBeLessThan(1);
    expect(plan).not.toHaveProperty('reason');
  });

  it('tells a person the time, what binds, the costs and what helps', async () => {
    const text = await planText(`${TWO_DAYS} --batch-size 100`);
    expect(text).toContain('11,232,000 records wait. Caught up in 50 min to 1 h 6 min.');
    expect(text).toContain('The bottleneck is the function');
    expect(text).toContain('1. batchSize 100 → 500: 13 min (then limited by stream)');
    expect(text).toMatch(/2 d ┤█+░*\n/);
    expect(text).toContain('Note: more shards do not help with an existing backlog');
    expect(text).toContain(`Prices of ${DEFAULT_PRICES.date}`);
  });

  it('says of a backlog that only grows that it never ends', async () => {
    const text = await planText('--arrival-rate 1000 --backlog-age 2d --calls-per-record 2 --json');
    expect(JSON.parse(text)).toMatchObject({
      timeToCaughtUpSeconds: null,
      reason: expect.stringContaining('never at this rate') as string,
      catchUpCostUsd: null,
      ages: null,
    });
  });

  it('says of each shard when it is done where that differs', async () => {
    const text = await planText('--arrival-rate 400 --backlog-age 1d --shards 8 --shard-skew 4');
    expect(text.match(/ {2}shard \d: /g)).toHaveLength(5);
    expect(text).toContain('  and 3 more that finish by then');
  });

  it('draws the age over time, and takes prices from a file', async () => {
    const [svg, prices] = [join(folder, 'ages.svg'), join(folder, 'prices.json')];
    await writeFile(prices, JSON.stringify({ ...DEFAULT_PRICES, date: '2027-01-31' }));
    expect(await planText(`${TWO_DAYS} --svg ${svg} --prices ${prices}`)).toContain('Prices of 2027-01-31');
    expect(await readFile(svg, 'utf8')).toContain('>if all goes well<');
  });

  it('refuses prices that cannot be read or are none', async () => {
    await expect(planText(`${TWO_DAYS} --prices ${join(folder, 'none.json')}`)).rejects.toThrow(
      '`--prices` must name a file that can be read',
    );
    const bad = join(folder, 'bad.json');
    await writeFile(bad, 'not JSON');
    await expect(planText(`${TWO_DAYS} --prices ${bad}`)).rejects.toThrow('must hold a JSON object');
  });
});

describe('npm run plan --calibrate', () => {
  /** Batches of 10 and of 100 records, at 5 ms and 0.1 ms a record. */
  const measured: MeasuredFunction = {
    functionName: 'orders',
    batches: [10, 100, 10, 100, 10, 100].map((records) => ({ records, ms: 5 + 0.1 * records })),
    callsPerBatch: 1.1,
    recordBytes: 80.4,
    events: 300,
    quarantinedShare: 0,
    duplicateShare: 0.005,
  };
  const line = '--arrival-rate 1 --backlog-age 2d --calibrate --batch-size 100 --json';

  async function planned(options = '', rest: Partial<MeasuredFunction> = {}): Promise<Plan> {
    return JSON.parse(await planText(`${line} ${options}`, () => Promise.resolve({ ...measured, ...rest }))) as Plan;
  }

  it('takes the time of a batch from what was measured, with the latency of a call on top of it', async () => {
    const { bindingRate, notes } = await planned();
    expect(bindingRate).toBeCloseTo(100 / (0.005 + 0.017 + 100 * 0.0001), 3);
    expect(notes[0]).toBe(
      'measured on this machine, orders with 300 events: 5 ms a batch and 100 µs a record, beside the latency of 1 Data API call a batch',
    );
    expect(notes).toHaveLength(2);
  });

  it('measures the function that is named with the events that are', async () => {
    const asked: unknown[] = [];
    await planText(`${line} --function billing --input b.ndjson --partition-key id`, (options) => {
      asked.push(options);
      return Promise.resolve(measured);
    });
    expect(asked).toEqual([
      { functionName: 'billing', input: 'b.ndjson', inputFormat: 'json', partitionKey: 'id', randomKey: false },
    ]);
  });

  it('lets an option come first', async () => {
    expect((await planned('--record-microseconds 200')).bindingRate).toBeCloseTo(
      100 / (0.005 + 0.017 + 100 * 0.0002),
      3,
    );
  });

  it('says what makes the measurement worth less', async () => {
    const { notes } = await planned('', {
      quarantinedShare: 0.25,
      duplicateShare: 0.02,
      batches: [...measured.batches, { records: 100, ms: 50 }],
    });
    expect(notes.join()).toContain('25 % of the events were quarantined');
    expect(notes.join()).toContain('2 % of the events were duplicates');
    expect(notes.join()).toContain('every tenth batch took at least 3.3 times as long as usual');
  });

  it('says nothing when it is ended while it measures', async () => {
    const ended = new AbortController();
    const measure = (): Promise<never> => {
      ended.abort();
      return Promise.reject(new Error('ended'));
    };
    const options = parsePlanOptions(line.split(' '));
    const said: string[] = [];
    const planConsole = {
      say: (text: string) => said.push(text),
      progress: () => undefined,
      signal: ended.signal,
      measure,
    };
    expect(options && (await runPlan(options, planConsole))).toBeUndefined();
    expect(said).toEqual([]);
  });

  it('is what the options of a measurement go with', () => {
    expect(() => parsePlanOptions('--arrival-rate 1 --function orders --partition-key id'.split(' '))).toThrow(
      '`--function` goes with `--calibrate`\n`--partition-key` goes with `--calibrate`',
    );
    expect(() => parsePlanOptions('--arrival-rate 1 --calibrate --random-key'.split(' '))).toThrow(
      '`--random-key` goes with `--input FILE`',
    );
  });
});

describe('the options of npm run plan', () => {
  it('are refused all at once', () => {
    const line =
      '--backlog-age 2 --shards 0 --shard-skew 3 --min-acu 16 --acu-of-others 9 --p90-ratio 0.5 --svg no/such/folder/a.svg';
    let message = '';
    try {
      parsePlanOptions(line.split(' '));
    } catch (error) {
      ({ message } = error as Error);
    }
    expect(message.split('\n')).toEqual([
      '`--backlog-age` must be a duration such as 2d, 12h, 20m or 90s, from 0s to 365d, got "2"',
      '`--shards` must be an integer from 1 to 20000, got "0"',
      '`--p90-ratio` must be a number from 1 to 100, got "0.5"',
      'missing `--arrival-rate`: pass the records that arrive per second, or use `--from-stack NAME` to read it',
      '`--min-acu` must be at most `--max-acu`, got 16 and 8',
      '`--acu-of-others` must be below `--max-acu`, got 9 and 8',
      '`--shard-skew` must be at most the number of shards, got 3 and 1',
      '`--svg` must be a file in a folder that exists, got "no/such/folder/a.svg"',
    ]);
  });

  it('have help with an example and the exit codes', () => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    expect(parsePlanOptions(['--help'])).toBeUndefined();
    const help = write.mock.calls.map(([text]) => String(text)).join('');
    write.mockRestore();
    expect(help).toContain('npm run plan -- --arrival-rate 65 --backlog-age 2d');
    expect(help).toContain('Exit codes: 0');
    expect(help.replaceAll(/\s+/g, ' ')).toContain('how long the stream keeps records (default: 7d), 1d to 365d');
  });
});
