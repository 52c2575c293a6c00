import type { SourceEdits } from './source-edits.ts';

const PROJECTION = 'local/chaos/function/projection.ts';
const BOOKINGS = 'local/chaos/function/bookings.ts';

/** Refused wherever it comes, also in a report that is older than the row. */
const NO_SUCH_LEVEL = [
  'return { stands: standRow(event) }',
  "return { stands: { airport: event.airport, at: event.at, number: event.number, level: 'none' } }",
] as const;

/** Rows of bookings, and of what belongs to them, that a CHECK constraint refuses. */
const NO_SUCH_BOOKING = [
  [
    'return { carriers: filingRow(event) }',
    "return { carriers: { carrier: event.carrier, revision: event.revision, alliance: '' } }",
  ],
  ['boardings: { boarding: event.boarding,', 'boardings: { boarding: -1,'],
  ['revision, alliance, cents }', 'revision, alliance, cents: -1 }'],
] as const;

/** Builds of the function that take no event, by what is wrong with them. */
export const BAD_BUILDS = {
  'renamed-field': {
    [PROJECTION]: [
      ['distance: z.int()', 'miles: z.int()'],
      ['gate: z.string()', 'door: z.string()'],
      ['number: z.bigint()', 'nth: z.bigint()'],
    ],
    [BOOKINGS]: [
      ['revision: z.int()', 'edition: z.int()'],
      ['cabin: z.string()', 'class: z.string()'],
      ['of: z.string()', 'with: z.string()'],
    ],
  },
  'projection-throws': {
    [PROJECTION]: [
      ['project: (event, lookups, context) => {', 'project: (event, lookups, context) => { context.nothing.at(0);'],
    ],
  },
  'rows-against-a-constraint': {
    [PROJECTION]: [
      ['flights.project(event,', 'flights.project({ ...event, distance: -1 },'],
      ['gate: event.gate', "gate: ''"],
      NO_SUCH_LEVEL,
    ],
    [BOOKINGS]: NO_SUCH_BOOKING,
  },
  'rows-against-a-trigger': {
    [PROJECTION]: [
      ['flights.project(event,', 'flights.project({ ...event, distance: 20_000 },'],
      ['gate: event.gate', "gate: 'refuse me'"],
      NO_SUCH_LEVEL,
    ],
    [BOOKINGS]: NO_SUCH_BOOKING,
  },
} as const satisfies Readonly<Record<string, SourceEdits>>;

/** One of {@link BAD_BUILDS}. */
export type BadBuild = keyof typeof BAD_BUILDS;

/** A build that differs from the deployed one in nothing that an event could notice. */
const NEXT_VERSION: SourceEdits = { [PROJECTION]: [['a flight goes somewhere', 'each flight goes somewhere']] };

/** Builds of the function under test. */
export type ChaosBuild = BadBuild | 'deployed' | 'next-version';

/** What is different about a build. */
export function editsOf(build: ChaosBuild): SourceEdits {
  switch (build) {
    case 'deployed':
      return {};
    case 'next-version':
      return NEXT_VERSION;
    default:
      return BAD_BUILDS[build];
  }
}
