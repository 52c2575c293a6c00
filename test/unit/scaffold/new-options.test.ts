import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { parseNewOptions } from '../../../scaffold/new-options.ts';
import { readSample } from '../../../scaffold/read-sample.ts';
import { addToDevStage } from '../../../scaffold/stage-entry.ts';
import { aggregate } from '../../support/aggregate.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'sample-'));
afterAll(() => {
  rmSync(FOLDER, { recursive: true, force: true });
});

describe('the name of a new function', () => {
  it.each([
    ['orders', /must be new, got "orders": functions\/orders already exists/],
    ['watchdog', /functions\/watchdog already exists/],
    ['Order_Events', /must be lowercase letters, digits and hyphens/],
    ['9lives', /beginning with a letter/],
    ['Orders', /did you mean `orders`\?$/],
    ['PaymentEvents', /did you mean `payment-events`\?$/],
    ['a'.repeat(31), /at most 30/],
    ['', /missing NAME/],
  ])('cannot be %j', async (name, problem) => {
    const argv = name === '' ? [] : [name];
    expect((await parseNewOptions([...argv, '--sample', 'x'], false))?.problems).toEqual([
      expect.stringMatching(problem) as string,
    ]);
  });

  it.each(['payments', 'a'.repeat(30), 'order-events2'])('can be %s', async (name) => {
    expect((await parseNewOptions([name, '--sample', 'x'], false))?.problems).toEqual([]);
  });
});

describe('the sample', () => {
  it('is standard input where something is piped in, and has to be given elsewhere', async () => {
    expect((await parseNewOptions(['payments'], true))?.options.sample).toBe('-');
    expect((await parseNewOptions(['payments'], false))?.problems).toEqual([
      expect.stringContaining('missing `--sample FILE`') as string,
    ]);
  });

  it.each([
    ['nothing', '', /must hold JSON objects, one per line or in a list, got no event/],
    ['an empty list', '[]', /got no event/],
    ['numbers', '[1, 2]', /line 1: expected a JSON object, got "1"/],
    ['lists', '[1]\n[[2]]', /expected a JSON object/],
    ['a spreadsheet', Buffer.from('504b030414000600', 'hex'), /is a zip archive or a spreadsheet/],
    ['JSON that ends too early', '{"a":1}\n{"b":', /line 2: expected a JSON object, got/],
  ])('must not hold %s', async (_, content, problem) => {
    const path = join(FOLDER, 'events');
    writeFileSync(path, content);
    expect((await readSample(path)).problems[0]).toMatch(problem);
  });

  it('of another format than JSON comes with what to do', async () => {
    const path = join(FOLDER, 'events');
    writeFileSync(path, 'id,at\na,1\n');
    expect((await readSample(path)).problems).toEqual([
      expect.stringMatching(/line 1: expected a JSON object, got "id,at"$/) as string,
      expect.stringMatching(/line 2: /) as string,
      expect.stringMatching(/^a function is made of JSON: .*docs\/event-shapes\.md#other-formats$/) as string,
    ]);
    writeFileSync(path, '{"a":1}\nnonsense\n');
    expect((await readSample(path)).problems).toHaveLength(1);
  });

  it('must be there', async () => {
    expect((await readSample(join(FOLDER, 'missing'))).problems).toEqual([
      expect.stringMatching(/^`--sample` can't be read: ENOENT/) as string,
    ]);
  });

  it('keeps the digits and the blanks of what it holds, on one line', async () => {
    const path = join(FOLDER, 'events');
    writeFileSync(path, '[\n  { "a b" : "c  \\" d",\n "n": 9007199254740993 }\n]');
    expect((await readSample(path)).events).toEqual([
      { value: { 'a b': 'c  " d', n: 9007199254740993n }, text: '{"a b":"c  \\" d","n":9007199254740993}' },
    ]);
  });

  it.each([
    ['an answer with a usual name', '{"Records":[{"n":1.10},{"n":9007199254740993}]}', 'Records'],
    [
      'an export with few other members',
      JSON.stringify({ shops: Array(6).fill({ n: 1, name: 'a shop' }), next: 1 }),
      'shops',
    ],
  ])('may be enclosed in %s', async (_, content, member) => {
    const path = join(FOLDER, 'events');
    writeFileSync(path, content);
    const { events, enclosedIn } = await readSample(path);
    expect(enclosedIn).toBe(member);
    expect(events.length).toBeGreaterThan(1);
    if (member === 'Records') expect(events.map(({ text }) => text)).toEqual(['{"n":1.10}', '{"n":9007199254740993}']);
  });

  it.each([
    ['a list of its lines', '{"id":1,"at":"2026-01-05T08:00:00Z","lines":[{"a":1},{"a":2}]}'],
    ['two lists', '{"items":[{"a":1},{"a":2}],"events":[{"a":1},{"a":2}]}'],
    ['a usual name for a list of numbers', '{"data":[1,2,3]}'],
  ])('may be one event with %s', async (_, content) => {
    const path = join(FOLDER, 'events');
    writeFileSync(path, content);
    expect(await readSample(path)).toMatchObject({ events: [{ text: content }] });
    expect(await readSample(path)).not.toHaveProperty('enclosedIn');
  });

  describe('of captured records', () => {
    const EVENTS = ['{"id":"a","n":1.10}', '{"id":"b","n":9007199254740993}', '{"id":"c","n":3}'];
    const [first = '', ...others] = EVENTS;
    const group = { messageType: 'DATA_MESSAGE', logGroup: 'g', logStream: 's' };
    const logs = (...ids: readonly string[]) =>
      JSON.stringify({ ...group, logEvents: ids.map((id) => ({ id, message: id })) });

    async function read(records: readonly (string | Buffer)[]) {
      const Records = records.map((data) => ({ Data: Buffer.from(data).toString('base64'), PartitionKey: 'k' }));
      const path = join(FOLDER, 'events');
      writeFileSync(path, JSON.stringify({ Records }));
      return readSample(path);
    }

    it.each([
      ['json', 'one event each', EVENTS],
      ['json', 'compressed', EVENTS.map((event) => gzipSync(` ${event}\n`))],
      ['json', 'in aggregates', [aggregate(EVENTS.map((data) => ({ partitionKey: 'k', data: gzipSync(data) })))]],
      ['ndjson', 'lines', [first, `${others.join('\n')}\n`]],
      ['ndjson', 'one behind the other', [gzipSync(EVENTS.join(''))]],
      ['jsonArray', 'lists', [`[${EVENTS.join(', ')}]`]],
    ])('finds the decoder %s for %s, and each event as it was', async (decoder, _, records) => {
      const sample = await read(records);
      expect(sample).toMatchObject({ decoder, problems: [] });
      expect(sample.events.map(({ text }) => text)).toEqual(EVENTS);
      expect(sample.events[1]?.value).toEqual({ id: 'b', n: 9_007_199_254_740_993n });
    });

    it('finds what a subscription of CloudWatch Logs sends, also where it was saved as text', async () => {
      const control = JSON.stringify({ messageType: 'CONTROL_MESSAGE', logEvents: [] });
      const captured = await read([control, logs('1', '2'), logs('3')].map((text) => gzipSync(text)));
      expect(captured).toMatchObject({ decoder: 'cloudWatchLogs', problems: [] });
      expect(captured.events.map(({ value }) => [value['id'], value['logStream']])).toEqual([
        ['1', 's'],
        ['2', 's'],
        ['3', 's'],
      ]);
      expect(captured.events.map(({ text }) => text)).toEqual(['1', '2', '3'].map((id) => logs(id)));
      writeFileSync(join(FOLDER, 'events'), [control, logs('1', '2'), logs('3')].join('\n'));
      expect(await readSample(join(FOLDER, 'events'))).toEqual(captured);
    });

    it('says of other formats what they look like, and how to go on', async () => {
      const { problems, events } = await read([...Array<string>(4).fill('a,b,c'), '{"id":1}']);
      expect(problems).toEqual([
        ...[1, 2, 3].map(
          (n) => expect.stringMatching(new RegExp(`: record ${n}: .*does not begin like JSON; read it with`)) as string,
        ),
        '… and 1 others',
        expect.stringMatching(/^a function is made of JSON: .*docs\/event-shapes\.md#other-formats$/),
      ]);
      expect(events).toHaveLength(1);
    });
  });

  it('is looked at up to ten thousand events', async () => {
    const path = join(FOLDER, 'events');
    writeFileSync(path, '{"a":1}\n'.repeat(10_001));
    expect(await readSample(path)).toMatchObject({ events: { length: 10_000 }, isCut: true });
  });
});

describe('the stage for trying things out', () => {
  const stages = (entries: string): string =>
    `const DEV = {};\nexport const STAGES = {\n  dev: [${entries}],\n  prod: [],\n};\n`;

  it.each([
    ['none', '', `{ ...DEV, functionName: 'new' }`],
    ['one', `{ ...DEV, functionName: 'a' }`, `{ ...DEV, functionName: 'a' }, { ...DEV, functionName: 'new' }`],
    [
      'several',
      `\n    { ...DEV, functionName: 'a' },\n    { ...DEV, functionName: 'b', filterPatterns: ['[]'] },\n  `,
      `\n    { ...DEV, functionName: 'a' },\n    { ...DEV, functionName: 'b', filterPatterns: ['[]'] }, { ...DEV, functionName: 'new' }`,
    ],
  ])('gets the function beside %s', (_, before, after) => {
    expect(addToDevStage(stages(before), 'new')).toBe(stages(after));
  });

  it('is left alone where somebody has written it in another way', () => {
    expect(addToDevStage('export const STAGES = { dev: list() };', 'new')).toBeUndefined();
  });
});
