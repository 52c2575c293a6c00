import type * as FastCheck from 'fast-check';
import type { Phase, Scenario, ScenarioSpace } from './scenario.ts';
import { plainScenario } from './scenario.ts';

/** Each cut is a statement more. */
const MAX_CUTS = 8;
const MAX_REPEATS = 4;

/** Draws scenarios of a phase, with all events. */
export function drawScenarios(
  fc: typeof FastCheck,
  { events, phase }: ScenarioSpace,
  { numRuns, seed }: { readonly numRuns: number; readonly seed: number },
): readonly Scenario[] {
  const limits = { cuts: Math.min(MAX_CUTS, events.length), repeats: MAX_REPEATS, atLeast: 1 };
  const happenings = happeningsOf(fc, { events, phase }, { all: events, ...limits });
  const drawn = fc.sample(fc.record(happenings), { numRuns, seed });
  return drawn.map((happening) => ({ ...plainScenario(events), ...happening, kept: events }));
}

/**
 * What fast-check looks through for a smaller scenario than one that is known: fewer events, and less that happens to them.
 *
 * @param scenario that is known
 * @param all the events that the user gave
 */
export function smallerScenarios(
  fc: typeof FastCheck,
  { scenario, phase, all }: { readonly scenario: Scenario; readonly phase: Phase; readonly all: readonly number[] },
): { readonly space: FastCheck.Arbitrary<Partial<Scenario>>; readonly example: Partial<Scenario> } {
  const limits = { all, cuts: all.length, repeats: all.length + MAX_REPEATS, atLeast: 0 };
  const happenings = happeningsOf(fc, { events: scenario.kept, phase }, limits);
  const example = Object.entries(scenario).filter(([name]) => name in happenings);
  return { space: fc.record(happenings), example: Object.fromEntries(example) };
}

interface Limits {
  readonly all: readonly number[];
  readonly cuts: number;
  readonly repeats: number;
  /** Fewest repeats and copies. */
  readonly atLeast: number;
}

/** By property of a scenario, what it may be in a phase; what is left out does not happen in it. */
function happeningsOf(fc: typeof FastCheck, { events, phase }: ScenarioSpace, { all, atLeast, ...most }: Limits) {
  const event = fc.nat(all.length - 1);
  const length = { minLength: atLeast, maxLength: Math.max(1, most.repeats) };
  const repeat = fc.record({
    from: event,
    span: fc.integer({ min: 1, max: all.length }),
    behind: event,
    joins: fc.boolean(),
  });
  const ranks = fc.array(fc.nat(all.length), { minLength: all.length, maxLength: all.length });
  const happens = (own: Phase): boolean => phase === own || phase === 'together';
  return {
    kept: fc.subarray([...events], { minLength: 1 }),
    ...(happens('reordered') && { ranks }),
    ...(phase !== 'again' && { cuts: fc.subarray([...all], { maxLength: most.cuts }), coldStarts: fc.boolean() }),
    ...(happens('repeated') && { repeats: fc.array(repeat, length) }),
    ...(happens('copied') && { copies: fc.array(fc.record({ event, behind: event }), length) }),
    ...(phase !== 'again' && { neverRemoves: fc.boolean() }),
  };
}
