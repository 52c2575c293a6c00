import type { SourceEdits } from './source-edits.ts';

const PROJECTION = 'local/chaos/function/projection.ts';

/** Refused wherever it comes, also in a report that is older than the row. */
const NO_SUCH_LEVEL = [
  'return { stands: standRow(event) }',
  "return { stands: { airport: event.airport, at: event.at, number: event.number, level: 'none' } }",
] as const;

/** Builds of the function that take no event, by what is wrong with them. */
export const BAD_BUILDS = {
  'renamed-field': {
    [PROJECTION]: [
      ['distance: z.int()', 'miles: z.int()'],
      ['gate: z.string()', 'door: z.string()'],
      ['number: z.bigint()', 'nth: z.bigint()'],
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
  },
  'rows-against-a-trigger': {
    [PROJECTION]: [
      ['flights.project(event,', 'flights.project({ ...event, distance: 20_000 },'],
      ['gate: event.gate', "gate: 'refuse me'"],
      NO_SUCH_LEVEL,
    ],
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
