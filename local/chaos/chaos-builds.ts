import type { SourceEdits } from './source-edits.ts';

const PROJECTION = 'local/chaos/function/projection.ts';

/** Builds of the function that take no event, by what is wrong with them. */
export const BAD_BUILDS = {
  'renamed-field': {
    [PROJECTION]: [
      ['distance: z.int()', 'miles: z.int()'],
      ['gate: z.string()', 'door: z.string()'],
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
    ],
  },
  'rows-against-a-trigger': {
    [PROJECTION]: [
      ['flights.project(event,', 'flights.project({ ...event, distance: 20_000 },'],
      ['gate: event.gate', "gate: 'refuse me'"],
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
