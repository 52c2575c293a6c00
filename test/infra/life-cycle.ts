import type { StackTemplate, TemplateResource } from '../../ops/deploy/compare-templates.ts';

/** What is there after CloudFormation has taken a stack back or deleted it. */
export interface Aftermath {
  /** Logical ids of what was kept, as the template says. */
  readonly kept: readonly string[];
  /** What could not be deleted, each with the reason: with one of them the operation fails. */
  readonly stuck: Readonly<Record<string, string>>;
  /** What was kept and refers to something that is gone, such as data to its key. */
  readonly broken: Readonly<Record<string, string>>;
}

type Resources = Readonly<Record<string, TemplateResource>>;

/** Something that others live in cannot be deleted before them: type of the inner, of the outer. */
const LIVES_IN: readonly (readonly [inner: string, outer: string])[] = [
  ['AWS::EC2::RouteTable', 'AWS::EC2::VPC'],
  ['AWS::EC2::SecurityGroup', 'AWS::EC2::VPC'],
  ['AWS::EC2::Subnet', 'AWS::EC2::VPC'],
  ['AWS::EC2::SubnetRouteTableAssociation', 'AWS::EC2::RouteTable'],
  ['AWS::EC2::SubnetRouteTableAssociation', 'AWS::EC2::Subnet'],
  ['AWS::IAM::Policy', 'AWS::IAM::Role'],
  ['AWS::Kinesis::StreamConsumer', 'AWS::Kinesis::Stream'],
  ['AWS::RDS::DBCluster', 'AWS::EC2::SecurityGroup'],
  ['AWS::RDS::DBCluster', 'AWS::RDS::DBSubnetGroup'],
  ['AWS::RDS::DBInstance', 'AWS::RDS::DBCluster'],
  ['AWS::RDS::DBSubnetGroup', 'AWS::EC2::Subnet'],
];

/** Versions are deleted with their function, whatever their own policy says. */
const GOES_WITH: Readonly<Record<string, string>> = { 'AWS::Lambda::Version': 'AWS::Lambda::Function' };

/** Type of the resource that keeps a cluster from being deleted as long as it is there itself. */
const PROTECTION = 'Custom::DeletionProtection';

/** Logical ids that a value of a template refers to, by `Ref`, `Fn::GetAtt` or `Fn::Sub`. */
export function referencesIn(value: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  collectReferences(value, found);
  return found;
}

function collectReferences(value: unknown, found: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    if (name === 'Ref') found.add(String(member));
    else if (name === 'Fn::GetAtt') found.add(firstOf(member));
    else if (name === 'Fn::Sub') {
      for (const [, id = ''] of JSON.stringify(member).matchAll(/\$\{([A-Za-z0-9]+)/g)) found.add(id);
      collectReferences(member, found);
    } else collectReferences(member, found);
  }
}

function firstOf(attribute: unknown): string {
  return Array.isArray(attribute) ? String(attribute[0]) : (String(attribute).split('.')[0] ?? '');
}

/** Resources of the template that each one waits for. */
function dependencies(resources: Resources): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(
    Object.entries(resources).map(([id, { Properties, DependsOn = [] }]) => {
      const named = [...referencesIn(Properties), ...[DependsOn].flat()];
      return [id, new Set(named.filter((other) => Object.hasOwn(resources, other)))];
    }),
  );
}

/**
 * An order in which CloudFormation can create the resources: each one after all that it refers to or depends on.
 *
 * @throws Error naming the resources that wait for each other
 */
export function creationOrder({ Resources: resources = {} }: StackTemplate): readonly string[] {
  const waiting = new Map(dependencies(resources));
  const order: string[] = [];
  while (waiting.size > 0) {
    const ready = [...waiting].filter(([, needed]) => [...needed].every((id) => !waiting.has(id))).map(([id]) => id);
    if (ready.length === 0) throw new Error(`these wait for each other: ${[...waiting.keys()].join(', ')}`);
    for (const id of ready) waiting.delete(id);
    order.push(...ready);
  }
  return order;
}

/** Logical ids of all that waits for a resource, directly or through others. */
export function waitingFor({ Resources: resources = {} }: StackTemplate, awaited: string): ReadonlySet<string> {
  const needed = dependencies(resources);
  const waiting = new Set<string>();
  const open = [awaited];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const [id, before] of needed) {
      if (!before.has(next) || waiting.has(id)) continue;
      waiting.add(id);
      open.push(id);
    }
  }
  return waiting;
}

/**
 * What a first deployment leaves when one resource cannot be created and CloudFormation takes the rest back. Everything
 * that does not wait for that resource was there by then, which is the worst that can happen.
 */
export function failCreation(template: StackTemplate, failing: string): Aftermath {
  const { Resources: resources = {} } = template;
  const never = waitingFor(template, failing);
  const created = Object.keys(resources).filter((id) => id !== failing && !never.has(id));
  return takeBack(template, new Set(created), { keeps: ['Retain'], filled: [] });
}

/**
 * What deleting a stack leaves.
 *
 * @param filled logical ids of buckets with objects in them; all of them unless told
 */
export function destroy(template: StackTemplate, filled?: readonly string[]): Aftermath {
  const { Resources: resources = {} } = template;
  const buckets = Object.keys(resources).filter((id) => resources[id]?.Type === 'AWS::S3::Bucket');
  return takeBack(template, new Set(Object.keys(resources)), {
    keeps: ['Retain', 'RetainExceptOnCreate'],
    filled: filled ?? buckets,
  });
}

interface Circumstances {
  readonly keeps: readonly string[];
  readonly filled: readonly string[];
}

/** Deletes in the reverse of the order of creation, as CloudFormation does. */
function takeBack(template: StackTemplate, present: Set<string>, { keeps, filled }: Circumstances): Aftermath {
  const resources = template.Resources ?? {};
  const kept = new Set<string>();
  const stuck: Record<string, string> = {};
  const full = new Set(filled);
  const order = [...creationOrder(template)].reverse();
  for (const id of order.filter((it) => present.has(it))) {
    const { Type: type, Properties: properties, DeletionPolicy: policy = defaultPolicy(type) } = resources[id]!;
    if (policy === 'Snapshot') kept.add(`a snapshot of ${id}`);
    if (keeps.includes(policy)) {
      kept.add(id);
      continue;
    }
    const reason = full.has(id) ? 'it is not empty' : whyStuck(resources, id, present, stuck);
    if (reason === undefined) present.delete(id);
    else stuck[id] = reason;
    if (type === 'Custom::S3AutoDeleteObjects') for (const bucket of referencesIn(properties)) full.delete(bucket);
  }
  const left = [...kept].filter((id) => !goesWithAnother(resources, id, present));
  return { kept: left.sort(), stuck, broken: brokenAmong(resources, left, present) };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html */
function defaultPolicy(type: string): string {
  return type === 'AWS::RDS::DBCluster' ? 'Snapshot' : 'Delete';
}

function whyStuck(
  resources: Resources,
  id: string,
  present: ReadonlySet<string>,
  stuck: Readonly<Record<string, string>>,
): string | undefined {
  const { Type: type, Properties: properties = {} } = resources[id]!;
  if (properties['DeletionProtection'] === true) return 'it is protected against deletion';
  for (const other of present) {
    const inner = resources[other]!;
    if (other === id || !referencesIn(inner.Properties).has(id)) continue;
    if (inner.Type === PROTECTION && type === 'AWS::RDS::DBCluster') return 'it is protected against deletion';
    if (LIVES_IN.some(([one, outer]) => one === inner.Type && outer === type)) return `${other} is still in it`;
    if (Object.hasOwn(stuck, other)) return `${other} still needs it`;
  }
  return undefined;
}

function goesWithAnother(resources: Resources, id: string, present: ReadonlySet<string>): boolean {
  const { Type: type = '', Properties: properties } = resources[id] ?? {};
  const owner = GOES_WITH[type];
  if (owner === undefined) return false;
  return ![...referencesIn(properties)].some((other) => resources[other]?.Type === owner && present.has(other));
}

/** A custom resource is not a thing that could break: only its function acts. */
function brokenAmong(
  resources: Resources,
  kept: readonly string[],
  present: ReadonlySet<string>,
): Readonly<Record<string, string>> {
  const broken = kept.flatMap((id) => {
    const { Type: type = 'Custom::', Properties: properties } = resources[id] ?? {};
    if (type.startsWith('Custom::')) return [];
    const gone = [...referencesIn(properties)].filter(
      (other) => Object.hasOwn(resources, other) && !present.has(other),
    );
    return gone.length === 0 ? [] : [[id, `${gone.sort().join(', ')} is gone`] as const];
  });
  return Object.fromEntries(broken);
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.CloudWatch.html */
const CLUSTER_LOG = /^\/aws\/rds\/cluster\/(.+)\/postgresql$/;

/**
 * Log groups that AWS makes by itself because the template has none: they never expire, and stay when the stack goes.
 *
 * @returns logical ids of the functions and clusters that they belong to
 */
export function logsWithoutOwner({ Resources: resources = {} }: StackTemplate): readonly string[] {
  const named = Object.values(resources)
    .filter(({ Type: type }) => type === 'AWS::Logs::LogGroup')
    .map(({ Properties: properties }) => CLUSTER_LOG.exec(plainText(properties?.['LogGroupName']))?.[1]);
  return Object.entries(resources)
    .filter(([, { Type: type, Properties: properties = {} }]) => {
      if (type === 'AWS::Lambda::Function') return ownLogOf(resources, properties) === undefined;
      if (type !== 'AWS::RDS::DBCluster' || properties['EnableCloudwatchLogsExports'] === undefined) return false;
      const identifier = properties['DBClusterIdentifier'];
      return identifier === undefined || !named.includes(plainText(identifier));
    })
    .map(([id]) => id);
}

/** Undefined also where the role could make the group again after CloudFormation has deleted it. */
function ownLogOf(resources: Resources, properties: Readonly<Record<string, unknown>>): string | undefined {
  const { LogGroup: group } = (properties['LoggingConfig'] ?? {}) as { readonly LogGroup?: unknown };
  const own = [...referencesIn(group)].find((id) => resources[id]?.Type === 'AWS::Logs::LogGroup');
  const roles = [...referencesIn(properties['Role'])].map((id) => JSON.stringify(resources[id]?.Properties ?? {}));
  const mayCreate = roles.some((text) => /AWSLambdaBasicExecutionRole|logs:CreateLogGroup|"logs:\*"/.test(text));
  return mayCreate ? undefined : own;
}

/** Text of a value, with what is known only at deployment written as JSON. */
function plainText(value: unknown): string {
  if (typeof value === 'string') return value;
  const join = (value as { readonly 'Fn::Join'?: readonly [string, readonly unknown[]] } | undefined)?.['Fn::Join'];
  return join === undefined ? JSON.stringify(value ?? '') : join[1].map(plainText).join(join[0]);
}
