import { describe, expect, test } from 'vitest';
import { describeRange } from '../../../../lib/props/check-value.ts';
import { formatSeconds } from '../../../../lib/props/duration-text.ts';
import type { PropName } from '../../../../lib/props/event-processor-props.ts';
import type { PropSpec } from '../../../../lib/props/prop-spec.ts';
import { PROP_SPECS } from '../../../../lib/props/prop-specs.ts';
import { documentedRows, readPropDocs, rowOf } from './prop-docs.ts';

/** Words for props whose default is no value. */
const NO_VALUE =
  /^(?:none|many|unknown|required|a new \w+|12h less than `streamRetention`, at most 7d; none without `onFailureDestination`)$/;

describe('the documentation of the settings', () => {
  const docs = readPropDocs();

  test('covers every setting', () => {
    expect(docs.map(({ name }) => name).sort()).toEqual(Object.keys(PROP_SPECS).sort());
  });

  test.each(docs)('states the range and the default of $name as they are checked', ({ name, range, fallback }) => {
    const spec = PROP_SPECS[name as PropName];
    expect(range).toBe(describeRange(spec));
    if (defaultOf(spec) === undefined) expect(fallback).toMatch(NO_VALUE);
    else expect(fallback).toBe(defaultOf(spec));
  });

  test('has the same words in the table as in the comments', () => {
    expect(documentedRows()).toEqual(docs.map(rowOf));
  });
});

function defaultOf(spec: PropSpec): string | undefined {
  if (spec.kind === 'list') return undefined;
  if (spec.kind !== 'duration') return spec.fallback === undefined ? undefined : String(spec.fallback);
  return spec.fallbackSeconds === undefined ? undefined : formatSeconds(spec.fallbackSeconds);
}
