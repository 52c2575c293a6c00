import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REPLACEMENTS } from '../../../../lib/settings/live-changes.ts';
import { findLosses } from '../../../../ops/deploy/kept-resources.ts';

const ROOT = join(import.meta.dirname, '../../../..');

const KEPT = [
  'AWS::Lambda::EventSourceMapping',
  'AWS::Kinesis::Stream',
  'AWS::RDS::DBCluster',
  'AWS::KMS::Key',
  'AWS::S3::Bucket',
] as const;

/** Headings of a document, as links name them. */
function sectionsOf(document: string): readonly string[] {
  const text = readFileSync(join(ROOT, document), 'utf8');
  return [...text.matchAll(/^## (.+)$/gm)].map(([, title = '']) => title.toLowerCase().replaceAll(' ', '-'));
}

describe('what holds data or a position', () => {
  it.each(KEPT)(
    'is missed when it is replaced, deleted or left behind (%s), and the way to keep it is there',
    (type) => {
      for (const effect of ['replace', 'may-replace', 'delete', 'leave'] as const) {
        const [loss] = findLosses([{ logicalId: 'It', type, effect, properties: [] }]);
        expect(loss?.problem).toContain(`\`It\` (${type}) `);
        const [, document = '', section = ''] = /see (docs\/[\w-]+\.md)#([\w-]+)$/.exec(loss?.problem ?? '') ?? [];
        expect(sectionsOf(document)).toContain(section);
      }
      for (const effect of ['create', 'update'] as const) {
        expect(findLosses([{ logicalId: 'It', type, effect, properties: [] }])).toEqual([]);
      }
    },
  );

  it('is what the stack policy in the documents protects', () => {
    const text = readFileSync(join(ROOT, 'docs/data-and-positions.md'), 'utf8');
    const [policy = ''] = /--stack-policy-body '([^']*)'/.exec(text)?.slice(1) ?? [];
    const { Statement: statements } = JSON.parse(policy) as {
      readonly Statement: readonly {
        readonly Condition?: { readonly StringEquals: { readonly ResourceType: string[] } };
      }[];
    };
    expect(statements[1]?.Condition?.StringEquals.ResourceType).toEqual(KEPT);
  });

  it('has a section for each setting that would replace it', () => {
    for (const place of Object.values(REPLACEMENTS)) {
      const [document = '', section = ''] = place.split('#');
      expect(sectionsOf(document)).toContain(section);
    }
  });
});
