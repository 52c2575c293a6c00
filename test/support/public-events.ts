/**
 * Sample events in the shapes of public streams, with values of our own: what people have at hand when they try this.
 *
 * @module
 */

type Json = Readonly<Record<string, unknown>>;

const times = <T>(count: number, make: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const second = (index: number): string => String(index % 60).padStart(2, '0');

/** A repository host's timeline: types with a payload of their own, an organization that is often missing. */
export const timeline: readonly Json[] = times(40, (index) => {
  const [type, payload] = Object.entries({
    PushEvent: { push_id: 9_000_000_000 + index, size: 1, commits: [{ sha: `c${index}`, distinct: true }] },
    WatchEvent: { action: 'started' },
    CreateEvent: { ref: index % 8 === 2 ? null : 'main', ref_type: 'branch', description: null },
    IssuesEvent: { action: 'opened', issue: { id: index, title: 'größer', labels: [], user: { login: 'u1' } } },
  })[index % 4]!;
  return {
    id: String(2_489_651_000 + index),
    type,
    actor: { id: index % 5, login: `u${index % 5}` },
    repo: { id: index % 3, name: `o/r${index % 3}` },
    payload,
    public: true,
    created_at: `2026-01-01T15:00:${second(index)}Z`,
    ...(index % 3 === 0 && { org: { id: 1, login: 'o' } }),
  };
});

/** A wiki's recent changes: the id lies in an envelope, offsets beyond 2^53, times in seconds and in text, a member of several kinds. */
export const recentChanges: readonly string[] = times(36, (index) => {
  const type = ['edit', 'new', 'log'][index % 3];
  const own = {
    edit: { minor: false, length: { old: 10, new: 12 }, revision: { old: 1, new: 2 } },
    new: { minor: false, length: { new: 12 }, revision: { new: 2 } },
    log: { log_id: index, log_type: 'block', log_params: index % 2 === 0 ? [] : { duration: '1 day' } },
  }[type ?? ''];
  const uuid = `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
  const event = {
    $schema: '/mediawiki/recentchange/1.0.0',
    meta: { id: uuid, dt: `2026-01-01T15:00:${second(index)}Z`, domain: 'de.example.org', partition: 0, offset: 0 },
    type,
    namespace: 0,
    title: `Seite ${index % 7}`,
    timestamp: 1_767_279_600 + index,
    user: `名${index % 5}`,
    bot: index % 2 === 0,
    wiki: `${['de', 'en'][index % 2]}wiki`,
    ...own,
  };
  return JSON.stringify(event).replace('"offset":0', `"offset":${9_007_199_254_740_993n + BigInt(index)}`);
});

/** Earthquakes as features of GeoJSON: nested, milliseconds, many nulls, one type only. */
export const earthquakes: readonly Json[] = times(30, (index) => ({
  type: 'Feature',
  id: `ci${4000 + index}`,
  properties: {
    mag: 1 + index / 10,
    place: `${index} km N of somewhere`,
    time: 1_767_279_600_000 + index,
    updated: 1_767_279_700_000 + index,
    tz: null,
    felt: index % 4 === 0 ? index : null,
    status: index % 2 === 0 ? 'reviewed' : 'automatic',
    tsunami: 0,
  },
  geometry: { type: 'Point', coordinates: [-117.5, 33.5 + index / 100, 3.2] },
}));

/** Trades of an exchange: no id that differs, names of one letter that differ by case, prices as text, keywords and odd names. */
export const trades: readonly string[] = times(
  25,
  (index) =>
    `{"e":"trade","E":${1_767_279_600_000 + index},"s":"${['BTCEUR', 'ETHEUR'][index % 2]}","t":${9_007_199_254_740_993n + BigInt(index % 3)},` +
    `"p":"${(1.5 + index / 100).toFixed(8)}","q":"0.00100000","T":${1_767_279_600_000 + index},"m":${index % 2 === 0},"24hVolume":"12.50","select":"x","xmin":1,` +
    `"userId":1,"user_id":2,"größe":1,"名前":"あ","mixed":${['1', '"a"', 'null'][index % 3]},"tags":[],"deep":{"a":{"b":{"c":{"d":1}}}},"constructor":1}`,
);

/** Events of a payment service: an envelope around objects of several kinds, times in seconds, a request that may be null. */
export const payments: readonly Json[] = times(24, (index) => ({
  id: `evt_${index}`,
  object: 'event',
  api_version: '2026-01-01',
  created: 1_767_279_600 + index,
  type: ['charge.succeeded', 'customer.created'][index % 2],
  livemode: false,
  request: index % 5 === 0 ? null : { id: `req_${index}`, idempotency_key: null },
  data: {
    object:
      index % 2 === 0
        ? {
            id: `ch_${index}`,
            object: 'charge',
            amount: 100 + index,
            currency: 'eur',
            customer: `cus_${index % 4}`,
            metadata: {},
          }
        : { id: `cus_${index % 4}`, object: 'customer', email: null, balance: 0, metadata: { plan: 'a' } },
  },
}));

/** Positions and voyages of ships: types by a name of their own, no id, what they are about only in an envelope. */
export const ships: readonly Json[] = times(30, (index) => ({
  MessageType: ['PositionReport', 'ShipStaticData'][index % 2],
  MetaData: {
    MMSI: 211_000_000 + (index % 7),
    latitude: 54.1 + index / 100,
    time_utc: `2026-01-05 08:00:${second(index)}.36835312 +0000 UTC`,
  },
  Message:
    index % 2 === 0
      ? { PositionReport: { UserID: 211_000_000 + (index % 7), Sog: 1 + index / 2 } }
      : { ShipStaticData: { UserID: 211_000_000 + (index % 7), Destination: 'HAMBURG' } },
}));

/** Changes of a table, as Debezium captures them: all of it in a payload, before and after null in turn, positions beyond 2^53. */
export const captured: readonly Json[] = times(30, (index) => ({
  payload: {
    op: ['c', 'u', 'd'][index % 3],
    before: index % 3 === 0 ? null : { id: index % 8, name: 'a' },
    after: index % 3 === 2 ? null : { id: index % 8, name: 'b' },
    source: { connector: 'postgresql', table: 'orders', txId: 500 + index, lsn: 91_000_000 + index },
    ts_ms: 1_767_600_000_000 + index,
  },
}));

/** Orders of a shop: the same thing under three names, amounts as text, lists of lines. */
export const shopOrders: readonly Json[] = times(25, (index) => ({
  id: 5_400_000_000_000 + index,
  admin_graphql_api_id: `gid://shop/Order/${5_400_000_000_000 + index}`,
  created_at: '2026-01-05T08:00:00+01:00',
  financial_status: ['paid', 'pending'][index % 2],
  customer: index % 6 === 0 ? null : { id: 900 + (index % 4) },
  line_items: [{ id: index, price: '9.99', quantity: 1 }],
  total_price: index % 2 === 0 ? '20' : '19.99',
}));
