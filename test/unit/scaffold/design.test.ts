import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { parseJson } from '../../../processor/decode/parse-json.ts';
import { designFunction, type Design } from '../../../scaffold/design.ts';
import { knownFormat } from '../../../scaffold/known-formats.ts';
import { projectionIdentifier } from '../../../scaffold/names.ts';
import type { JsonObject } from '../../../scaffold/observe.ts';
import { writeHandler, writeTest } from '../../../scaffold/write-files.ts';
import {
  captured,
  earthquakes,
  payments,
  recentChanges,
  ships,
  shopOrders,
  timeline,
  trades,
} from '../../support/public-events.ts';

function design(events: readonly (string | object)[]): Design {
  const texts = events.map((event) => (typeof event === 'string' ? event : JSON.stringify(event)));
  return designFunction('shop', {
    decoder: 'json',
    events: texts.map((text) => ({ text, value: parseJson(text) as JsonObject })),
  });
}

const list = <T>(count: number, make: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, i) => make(i));

/** Types of the columns of the first table, with `?` where they may be null. */
function columns({ plans }: Design, index = 0): Readonly<Record<string, string>> {
  const leaves = plans[index]?.leaves ?? [];
  return Object.fromEntries(leaves.map(({ column, type, isNullable }) => [column, `${type}${isNullable ? '?' : ''}`]));
}

describe('the types of events', () => {
  it.each([
    ['a timeline', timeline, 'type', ['PushEvent', 'WatchEvent', 'CreateEvent', 'IssuesEvent']],
    ['recent changes', recentChanges, 'type', ['edit', 'new', 'log']],
    ['payments', payments, 'type', ['charge.succeeded', 'customer.created']],
    ['ships', ships, 'MessageType', ['PositionReport', 'ShipStaticData']],
    ['shapes', list(9, (i) => ({ $type: ['a', 'b'][i % 2], [`m${i % 2}`]: i })), '$type', ['a', 'b']],
  ])('of %s are told apart', (_, events, member, types) => {
    const { typeMember, plans } = design(events);
    expect(typeMember).toBe(member);
    expect(plans.map(({ type }) => type)).toEqual(types);
  });

  it.each([
    ['a member that is always the same', earthquakes],
    ['a member by which events do not differ in shape', trades],
    [
      'a member with values that are times',
      trades.map((_, i) => ({ event: `2026-01-0${1 + (i % 3)}`, ...(i % 3 === 0 && { a: 1 }) })),
    ],
    [
      'what events are about, though they differ by it',
      list(40, (i) => ({ id: i, customer: `c${i % 4}`, event: { kind: 'a', [i % 2 === 0 ? 'x' : 'y']: i } })),
    ],
    ['a member with too many of them', list(90, (i) => ({ eventType: `T${i % 45}`, id: i, [`f${i % 45}`]: i }))],
  ])('do not come from %s', (_, events) => {
    expect(design(events).typeMember).toBeUndefined();
  });

  it('have a table each', () => {
    expect(design(payments).plans.map(({ table }) => table)).toEqual([
      'shop_charge_succeeded',
      'shop_customer_created',
    ]);
  });
});

describe('the id of an event', () => {
  it.each([
    ['in the event', timeline, 'id'],
    ['in an envelope', recentChanges, 'meta.id'],
    ['beside ids of other things', payments, 'id'],
  ])('is found %s', (_, events, path) => {
    expect(design(events).eventId?.leaf.path.join('.')).toBe(path);
  });

  it('is the place in the stream where no id differs in each event, and that is said', () => {
    const { eventId, doubts, plans } = design(trades);
    expect(eventId).toBeUndefined();
    expect(plans[0]).toMatchObject({ place: 'place', key: 'place' });
    expect(doubts).toContainEqual(expect.stringContaining('the position on the stream is the id'));
  });

  it.each([
    ['the id of a request that caused it', { request_id: true, id: true }, 'id'],
    ['the number of an order', { order_number: true, uuid: true }, 'uuid'],
  ])('is not %s', (_, members, path) => {
    const events = list(9, (i) => Object.fromEntries(Object.keys(members).map((name) => [name, `${name} ${i}`])));
    expect(design(events).eventId?.leaf.path).toEqual([path]);
  });

  it('is doubtful where events that differ share what is called one, and where there is one event only', () => {
    const repeats = list(40, (i) => ({ id: `e${Math.floor(i / 2)}`, attempt: i % 2 }));
    expect(design(repeats).eventId).toBeUndefined();
    expect(design(repeats).doubts).toContainEqual(expect.stringContaining('let `eventId` be `id`'));
    expect(design([{ orderId: 'a' }]).eventId?.reason).toContain('one event does not tell');
  });

  it('is no time, and no id that is sometimes missing', () => {
    const events = Array.from({ length: 9 }, (_, i) => ({
      at: `2026-01-01T00:00:0${i}Z`,
      n: i,
      ...(i > 0 && { id: i }),
    }));
    expect(design(events).eventId).toBeUndefined();
  });

  it('may come twice in a sample with the very same event', () => {
    expect(design([...timeline, timeline[3]!]).eventId?.leaf.path).toEqual(['id']);
  });
});

describe('the partition key', () => {
  it.each([
    ['what events are about', timeline, ['actor.id']],
    ['the same in each type, by different names', payments, ['data.object.customer', 'data.object.id']],
    ['the event id where nothing comes again', earthquakes, ['id']],
    ['what all types have, rather than a member of each', ships, ['MetaData.MMSI']],
    ['no other name of the event itself', shopOrders, ['id']],
    ['nothing that says what kind of event it is, or which transaction', captured, []],
    ['what comes again where nothing has a telling name', trades, ['s']],
  ])('is %s', (_, events, members) => {
    expect(design(events).partitionKey).toMatchObject({ members, isRandomOtherwise: members.length === 0 });
  });

  it('is random where events have nothing in common', () => {
    const { partitionKey, doubts } = design([{ a: [1] }, { b: null }]);
    expect(partitionKey).toMatchObject({ members: [], isRandomOtherwise: true });
    expect(doubts).toContainEqual(expect.stringContaining('random one'));
  });
});

describe('columns', () => {
  it('have the types that the engine takes for every value of the sample', () => {
    expect(columns(design(trades))).toEqual({
      e: 'text',
      e_2: 'bigint',
      s: 'text',
      t: 'bigint',
      p: 'numeric',
      q: 'numeric',
      t_2: 'bigint',
      m: 'boolean',
      n_24h_volume: 'numeric',
      select: 'text',
      xmin_2: 'bigint',
      user_id: 'bigint',
      user_id_2: 'bigint',
      grosse: 'bigint',
      member: 'text',
      mixed: 'jsonb?',
      tags: 'jsonb',
      deep_a_b: 'jsonb',
    });
  });

  it('take members out of objects, and may be null where something around them is missing', () => {
    expect(columns(design(timeline))).toMatchObject({
      actor_id: 'bigint',
      created_at: 'timestamptz',
      org_login: 'text?',
    });
    expect(columns(design(earthquakes))).toMatchObject({
      properties_mag: 'double precision',
      properties_time: 'timestamptz',
      properties_tz: 'jsonb?',
      properties_felt: 'bigint?',
      geometry_coordinates: 'double precision[]',
    });
  });

  it.each([
    ['times in seconds', 'created_at', [1_767_279_600, 1_767_279_601], 'timestamptz'],
    ['numbers like times with another name', 'serial', [1_767_279_600, 1_767_279_601], 'bigint'],
    ['microseconds', 'created_at', [1_767_279_600_000_000], 'bigint'],
    ['times without an offset', 'at', ['2026-01-01 10:00:00'], 'timestamp'],
    ['times finer than a column', 'at', ['2026-01-01T10:00:00.123456789Z'], 'text'],
    ['days', 'day', ['2026-01-01', '2026/02/01'], 'date'],
    ['days and times', 'day', ['2026-01-01', '2026-02-01T10:00:00Z'], 'text'],
    ['UUIDs', 'ref', ['00000000-0000-4000-8000-000000000001'], 'uuid'],
    ['prices as numbers', 'unit_price', [1.25, 3], 'numeric'],
    ['other fractions', 'celsius', [1.25, 3], 'double precision'],
    ['prices as text', 'price', ['1.25', '10.00'], 'numeric'],
    ['versions of programs', 'app_version', ['1.25', '10.0'], 'text'],
    ['versions in one word', 'specversion', ['1.0'], 'text'],
    ['prices with and without a fraction', 'price', ['1.25', '10'], 'numeric'],
    ['codes', 'price', ['1', '10'], 'text'],
    ['times as digits in a text', 'created_at', ['1767600000000'], 'text'],
    ['phone numbers', 'phone', ['0049301234'], 'text'],
    ['lists of text with nulls', 'tags', [['a', null], []], 'text[]'],
    ['lists of objects', 'lines', [[{ a: 1 }]], 'jsonb'],
    ['maps', 'counts', [{ '1': 1 }, { '2': 2 }], 'jsonb'],
  ])('are made for %s', (_, member, values, type) => {
    expect(columns(design(values.map((value) => ({ id: 'x', [member]: value }))))).toMatchObject({ [member]: type });
  });

  it('of bigger integers than 64 bits are numeric', () => {
    expect(columns(design(['{"n":12345678901234567890123}']))).toEqual({ n: 'numeric' });
  });

  it('have names that PostgreSQL takes, each once', () => {
    const long = 'a'.repeat(80);
    const names = Object.keys(
      columns(design([{ [long]: 1, [`${long}b`]: 1, '': 1, ' ': 1, ctid: 1, 'x-y': 1, x_y: 1, xY: 1 }])),
    );
    expect(names).toHaveLength(8);
    expect(new Set(names).size).toBe(8);
    for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9_]{0,62}$/);
    expect(names).not.toContain('ctid');
  });
});

describe('further tables', () => {
  it('hold the newest row of what comes again, by its time where events have one', () => {
    const { latest } = design(timeline);
    expect(latest?.entity.path).toEqual(['actor', 'id']);
    expect(latest?.version?.path).toEqual(['created_at']);
    expect(design(trades).latest).toMatchObject({ entity: { path: ['s'] }, version: undefined });
    expect(design(earthquakes).latest).toBeUndefined();
  });

  it('are not kept by the version of a thing', () => {
    const resources = list(30, (i) => ({ id: `r${i}`, meta: { versionId: String(i % 3) } }));
    expect(design(resources).partitionKey.members).toEqual(['id']);
  });

  it('count by type, or by what has few values, and add up what looks like amounts', () => {
    expect(design(timeline).totals?.key.path).toEqual(['type']);
    expect(design(earthquakes).totals?.key.path).toEqual(['properties', 'status']);
    const sales = Array.from({ length: 8 }, (_, i) => ({
      id: `s${i}`,
      shop: `x${i % 2}`,
      amount_cents: i,
      celsius: 1.5,
    }));
    expect(design(sales).totals).toMatchObject({ key: { path: ['shop'] }, sums: [{ column: 'amount_cents' }] });
  });
});

describe('what is said about a sample', () => {
  it.each([
    ['a format that has a page', captured, /like a change captured by Debezium: docs\/event-shapes\.md#debezium /],
    [
      'CloudEvents',
      [{ specversion: '1.0', id: '1', source: '/a', type: 'b' }],
      /CloudEvents: docs\/event-shapes\.md#cloudevents /,
    ],
    ['a batch of logs', [{ resourceLogs: [] }], /OpenTelemetry: docs\/event-shapes\.md#opentelemetry /],
    ['lists of objects', shopOrders, /^`line_items` is a list of objects/],
    [
      'members that no schema can read',
      [{ id: 1, constructor: 1, deep: { toString: 'a' } }],
      /^`toString` has the name of something that every JavaScript object has: it is left out$/,
    ],
    ['names without a Latin letter', [{ id: 1, 番号: 1, ключ: 2 }], /^`番号`, `ключ`: no Latin letter/],
    ['too many types', list(90, (i) => ({ eventType: `T${i % 45}`, id: i, [`f${i % 45}`]: i })), /more than 40 values/],
    ['copies of one event', list(30, () => ({ id: 1, at: 2 })), /^one event is a small sample/],
  ])('names %s', (_, events, doubt) => {
    expect(design(events).doubts).toContainEqual(expect.stringMatching(doubt));
  });

  it.each([
    [
      'an object in the event',
      list(30, (i) => ({ type: 'a', mail: { messageId: `m${i}` } })),
      /^`mail\.messageId` may be the id of what an event is about, since it is a member of `mail`\. .* let `eventId` be 'position'$/,
    ],
    [
      'what is updated',
      list(30, (i) => ({ id: i, state: 'a', updated_at: `2026-01-05T08:00:${10 + i}Z` })),
      /^`id` may be .*, since events have `updated_at`\. .*, add `updated_at` to it$/,
    ],
  ])('doubts an event id that may be that of %s', (_, events, doubt) => {
    expect(design(events).doubts).toContainEqual(expect.stringMatching(doubt));
  });

  it.each([
    ['in an envelope', list(30, (i) => ({ meta: { id: `m${i}` }, version: '1', title: `t${i}` }))],
    ['by the name of an event’s', list(30, (i) => ({ event_id: `e${i}`, revision: i }))],
    ['of events that change nothing', list(30, (i) => ({ id: i, version: '1.0', state: `s${i % 3}` }))],
  ])('does not doubt an event id %s', (_, events) => {
    expect(design(events).eventId).toBeDefined();
    expect(design(events).doubts.join()).not.toContain('may be the id of what');
  });

  it('points to sections that the page has', () => {
    const page = readFileSync('docs/event-shapes.md', 'utf8');
    const headings = [...page.matchAll(/^## (.*)$/gm)].map(([, text = '']) =>
      text
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    );
    const sections = Object.values(FORMAT_EXAMPLES).map((event) => /#([\w-]+)/.exec(knownFormat(event) ?? '')?.[1]);
    expect(sections.filter((section) => !headings.includes(section ?? ''))).toEqual([]);
  });
});

const FORMAT_EXAMPLES = {
  dynamodb: { eventName: 'INSERT', dynamodb: { Keys: {} } },
  debezium: { op: 'c', ts_ms: 1, source: { connector: 'mysql' } },
  envelope: { payload: { op: 'c', source: {} } },
  dms: { metadata: { 'record-type': 'data', operation: 'insert' } },
  eventbridge: { 'detail-type': 'a', detail: {}, source: 's' },
  cloudtrail: { eventVersion: '1', userIdentity: {}, eventSource: 's' },
};

describe('the name of the projection', () => {
  it.each([
    'test',
    'expect',
    'records',
    'handler',
    'undefined',
    'run-projection',
    'create-handler',
    'define-projection',
  ])('of a function called %s is no other name of the generated files', (name) => {
    const written = [
      writeHandler({ ...design(timeline), functionName: name, identifier: projectionIdentifier(name) }),
      writeTest({ ...design(timeline), functionName: name, identifier: projectionIdentifier(name) }, []),
    ];
    for (const text of written) {
      const names = [...text.matchAll(/import \{ (.*?) \}|(?<=^(?:export )?const )(\w+)/gm)].flatMap(
        ([, a, b = '']) => a?.split(', ') ?? [b],
      );
      expect(new Set(names).size).toBe(names.length);
    }
    expect(projectionIdentifier(name)).not.toBe('undefined');
  });
});

test('the unit test leaves out values that would fill the page', () => {
  const large = Object.fromEntries(list(200, (i) => [`m${i}`, i]));
  const projected = { kind: 'rows', eventId: 'a', rows: { shop: [{ id: 'a', small: [1], large }] } };
  const text = writeTest(design(timeline), [{ index: 0, type: undefined, projected: projected as never }]);
  expect(text).toContain('"small": [1]');
  expect(text).not.toContain('"large"');
});
