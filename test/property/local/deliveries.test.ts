import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { drawScenarios } from '../../../local/proof/draw-scenarios.ts';
import type { Phase, Stream } from '../../../local/proof/scenario.ts';
import { deliveriesOf, PHASES, plainScenario } from '../../../local/proof/scenario.ts';

const COUNT = 12;
const EVENTS = Array.from({ length: COUNT }, (_, event) => event);

const stream = fc.record({
  order: fc.constantFrom('any' as const, 'per-partition-key' as const),
  copies: fc.boolean(),
  partitionKeys: fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: COUNT, maxLength: COUNT }),
  ids: fc.array(fc.constantFrom('x', 'y', undefined), { minLength: COUNT, maxLength: COUNT }),
  unsettled: fc.subarray(EVENTS),
});

const happening = fc.record({
  phase: fc.constantFrom(...PHASES),
  seed: fc.nat(),
  kept: fc.subarray(EVENTS, { minLength: 1 }),
});

/** The first time that each event is delivered. */
function firstDeliveries(batches: readonly (readonly { readonly event: number; readonly isCopy: boolean }[])[]) {
  return [...new Set(batches.flat().flatMap(({ event, isCopy }) => (isCopy ? [] : [event])))];
}

function play(phase: Phase, seed: number, kept: readonly number[], given: Stream) {
  const [scenario = plainScenario(kept)] = drawScenarios(fc, { events: EVENTS, phase }, { numRuns: 1, seed });
  return deliveriesOf({ ...scenario, kept }, given);
}

it('delivers every event, in an order that is promised, and nothing again that would be tried anew', () => {
  fc.assert(
    fc.property(stream, happening, ({ order, copies, partitionKeys, ids, unsettled }, { phase, seed, kept }) => {
      const eventIds = new Map(ids.map((id, event) => [event, id === undefined ? [] : [id]]));
      const effective = new Set(EVENTS.filter((event) => !unsettled.includes(event)));
      const given = { promises: { order, copies }, partitionKeys, eventIds, effective, unsettled: new Set(unsettled) };
      const { batches } = play(phase, seed, kept, given);
      const firsts = firstDeliveries(batches);
      expect(firsts.toSorted((a, b) => a - b)).toEqual(kept);
      const inLine = (isSame: (event: number) => boolean) => {
        const line = firsts.filter(isSame);
        expect(line).toEqual(line.toSorted((a, b) => a - b));
      };
      for (const id of ['x', 'y']) inLine((event) => ids[event] === id);
      if (order === 'per-partition-key') for (const key of 'abc') inLine((event) => partitionKeys[event] === key);
      const all = batches.flat();
      for (const event of unsettled.filter((it) => kept.includes(it))) {
        expect(all.filter((it) => it.event === event)).toHaveLength(1);
      }
      expect(all.some(({ isCopy }) => isCopy) && !copies).toBe(false);
      expect(batches.every(({ length }) => length > 0)).toBe(true);
    }),
  );
});

it('repeats, copies and reorders where that is what is tried', () => {
  const given: Stream = {
    promises: { order: 'any', copies: true },
    partitionKeys: EVENTS.map(String),
    eventIds: new Map(),
    effective: new Set(EVENTS),
    unsettled: new Set(),
  };
  const seen = (phase: Phase) => EVENTS.map((seed) => play(phase, seed, EVENTS, given).batches);
  expect(seen('cut').some((batches) => batches.length > 3)).toBe(true);
  expect(seen('repeated').every((batches) => batches.flat().length > COUNT)).toBe(true);
  expect(seen('copied').some((batches) => batches.flat().some(({ isCopy }) => isCopy))).toBe(true);
  expect(seen('reordered').every((batches) => firstDeliveries(batches).join() !== EVENTS.join())).toBe(true);
});
