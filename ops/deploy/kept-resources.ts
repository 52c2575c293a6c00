import type { ResourceChange, ResourceEffect } from './compare-templates.ts';

/** A type of resource that holds data or a position, which goes or stays with it. */
interface Keeper {
  /** Completes "it holds ...". */
  readonly holds: string;
  /** Where the way is that keeps it. */
  readonly section: string;
}

const KEEPERS: Readonly<Record<string, Keeper>> = {
  'AWS::Lambda::EventSourceMapping': {
    holds: 'the position in the stream',
    section: 'docs/data-and-positions.md#another-mapping',
  },
  'AWS::Kinesis::Stream': {
    holds: 'the records that are not committed yet',
    section: 'docs/data-and-positions.md#another-stream',
  },
  'AWS::RDS::DBCluster': {
    holds: 'the tables, the ledger and the quarantine',
    section: 'docs/data-and-positions.md#another-database',
  },
  'AWS::KMS::Key': {
    holds: 'the key to all that was encrypted with it',
    section: 'docs/data-and-positions.md#another-database',
  },
  'AWS::S3::Bucket': { holds: 'the batches that Lambda gave up', section: 'docs/operations.md#on-failure-destination' },
};

/** The step that prepares the database says which one is used: an update of it can leave all data behind. */
const DATABASE_POINTER = { type: 'Custom::DatabaseMigrations', properties: ['database', 'clusterArn'] } as const;

const WORDS: Readonly<Partial<Record<ResourceEffect, string>>> = {
  replace: 'would be replaced',
  'may-replace': 'might be replaced',
  delete: 'would be deleted',
  leave: 'would leave the stack',
};

/** Told along with a change that is not refused. */
const NOTES: Readonly<Record<string, string>> = {
  'AWS::SNS::Subscription': 'the new address must confirm the subscription; until then it gets no messages',
  'AWS::RDS::DBInstance': 'the database is unavailable for minutes while another instance takes over',
};

/** A change that takes data or a position away from the stack. */
export interface Loss {
  readonly logicalId: string;
  /** What would happen, why, what it holds, and where the way is that keeps it. */
  readonly problem: string;
}

/** The changes among many that take data or a position away, each with the reason. */
export function findLosses(changes: readonly ResourceChange[]): readonly Loss[] {
  return changes.flatMap((change) => {
    const { logicalId, type, effect } = change;
    if (leavesDatabase(change)) {
      const words = `another database would be used${causeOf(change)}, without the data of this one`;
      return [{ logicalId, problem: `\`${logicalId}\`: ${words}; see docs/data-and-positions.md#another-database` }];
    }
    const keeper = KEEPERS[type];
    const words = WORDS[effect];
    if (keeper === undefined || words === undefined) return [];
    const { holds, section } = keeper;
    const rest = `it holds ${holds}${failsAnyway(change)}; see ${section}`;
    return [{ logicalId, problem: `\`${logicalId}\` (${type}) ${words}${causeOf(change)}: ${rest}` }];
  });
}

/**
 * Replacements and removals that lose nothing, one line each: what they are, why, and what they mean for somebody.
 *
 * @param losses what is told elsewhere
 */
export function describeReplacements(changes: readonly ResourceChange[], losses: readonly Loss[]): readonly string[] {
  const lost = new Set(losses.map(({ logicalId }) => logicalId));
  return changes
    .filter(({ logicalId, effect }) => effect.endsWith('replace') && !lost.has(logicalId))
    .map((change) => {
      const { logicalId, type, effect } = change;
      const note = NOTES[type];
      return `\`${logicalId}\` (${type}) ${WORDS[effect] ?? ''}${causeOf(change)}${note === undefined ? '' : `: ${note}`}`;
    });
}

function leavesDatabase({ type, effect, properties }: ResourceChange): boolean {
  const { type: pointer, properties: names } = DATABASE_POINTER;
  return type === pointer && effect === 'update' && names.some((name) => properties.includes(name));
}

function causeOf({ properties }: ResourceChange): string {
  if (properties.length === 0) return '';
  return `, because ${properties.join(' and ')} ${properties.length === 1 ? 'changes' : 'change'}`;
}

/** CloudFormation makes the new one first, and Lambda takes one mapping per pair of stream and function. */
function failsAnyway({ type, effect, properties }: ResourceChange): string {
  const isSamePair = !properties.includes('EventSourceArn') && !properties.includes('FunctionName');
  if (type !== 'AWS::Lambda::EventSourceMapping' || effect !== 'replace' || !isSamePair) return '';
  return ', and the deployment would fail, as Lambda allows only one mapping per stream and function';
}
