import { describe, expect, it } from 'vitest';
import { parseJson } from '../../../processor/decode/parse-json.ts';
import { designFunction, type Design } from '../../../scaffold/design.ts';
import type { JsonObject } from '../../../scaffold/observe.ts';
import { earthquakes, payments, recentChanges, timeline, trades } from '../../support/public-events.ts';

function design(events: readonly (string | object)[]): Design {
  const texts = events.map((event) => (typeof event === 'string' ? event : JSON.stringify(event)));
  return designFunction('shop', { events: texts.map((text) => ({ text, value: parseJson(text) as JsonObject })) });
}

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
    ['what comes again where nothing has a telling name', trades, ['s']],
  ])('is %s', (_, events, members) => {
    expect(design(events).partitionKey).toMatchObject({ members, isRandomOtherwise: false });
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
