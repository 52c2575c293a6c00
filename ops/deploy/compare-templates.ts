import { fullDiff, ResourceImpact, type ResourceDifference } from '@aws-cdk/cloudformation-diff';

/** A CloudFormation template, as far as a deployment looks at it. */
export interface StackTemplate {
  readonly Resources?: Readonly<Record<string, TemplateResource>>;
}

/** A resource of a template. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/**
 * What a deployment does to a resource. `replace` makes a new one and leaves or deletes the old; `may-replace` depends on
 * more than the templates say; `leave` takes it out of the stack and keeps it.
 */
export type ResourceEffect = 'create' | 'update' | 'replace' | 'may-replace' | 'delete' | 'leave';

/** A resource that a deployment changes. */
export interface ResourceChange {
  readonly logicalId: string;
  readonly type: string;
  readonly effect: ResourceEffect;
  /** Properties that differ, in alphabetical order; of a replacement only those that cause it. */
  readonly properties: readonly string[];
}

const EFFECTS: Readonly<Partial<Record<ResourceImpact, ResourceEffect>>> = {
  [ResourceImpact.WILL_CREATE]: 'create',
  [ResourceImpact.WILL_REPLACE]: 'replace',
  [ResourceImpact.MAY_REPLACE]: 'may-replace',
  [ResourceImpact.WILL_DESTROY]: 'delete',
  [ResourceImpact.WILL_ORPHAN]: 'leave',
};

/**
 * Tells what a deployment changes, by what CloudFormation's published schemas say about each property. A resource that
 * refers to a replaced one counts as changed too.
 *
 * @param deployed the template that the stack has now
 * @param next the one that it is about to get
 * @returns changes in the order of the logical ids
 */
export function compareTemplates(deployed: StackTemplate, next: StackTemplate): readonly ResourceChange[] {
  const changes: ResourceChange[] = [];
  fullDiff(deployed, next).resources.forEachDifference((logicalId, difference) => {
    changes.push(describeChange(logicalId, difference));
  });
  return changes.sort((one, other) => (one.logicalId < other.logicalId ? -1 : 1));
}

function describeChange(logicalId: string, difference: ResourceDifference): ResourceChange {
  const { changeImpact, propertyUpdates } = difference;
  // A resource without a schema, such as a custom one, counts as unchanged there.
  const effect = EFFECTS[changeImpact] ?? 'update';
  const isReplacement = effect === 'replace' || effect === 'may-replace';
  const properties = Object.entries(propertyUpdates)
    .filter(([, update]) => !isReplacement || update.changeImpact === changeImpact)
    .map(([name]) => name);
  const type = difference.oldResourceType ?? difference.newResourceType ?? '';
  return { logicalId, type, effect, properties: properties.sort() };
}
