import type { PropertyType, Resource as ResourceSpec, SpecDatabase } from '@aws-cdk/service-spec-types';

/** A template, or what a test made of one. */
export interface AnyTemplate {
  readonly Parameters?: Readonly<Record<string, unknown>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, AnyResource>>;
  readonly Outputs?: Readonly<Record<string, unknown>>;
}

interface AnyResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/resource-attributes.html */
const RESOURCE_ATTRIBUTES = new Set([
  'Condition',
  'CreationPolicy',
  'DeletionPolicy',
  'DependsOn',
  'Metadata',
  'Properties',
  'Type',
  'UpdatePolicy',
  'UpdateReplacePolicy',
]);

const DELETION_POLICIES = ['Delete', 'Retain', 'RetainExceptOnCreate', 'Snapshot'];

/**
 * Holds a template against CloudFormation's service specification: resource types, property names, required
 * properties, types and allowed values, and whether everything that is referred to exists.
 *
 * @param database what the package `@aws-cdk/aws-service-spec` loads
 * @returns one sentence each, starting with the place
 */
export function templateProblems(template: AnyTemplate, database: SpecDatabase): string[] {
  const checker = new TemplateChecker(template, database);
  return checker.check();
}

class TemplateChecker {
  readonly #template: AnyTemplate;
  readonly #database: SpecDatabase;
  readonly #problems: string[] = [];

  constructor(template: AnyTemplate, database: SpecDatabase) {
    this.#template = template;
    this.#database = database;
  }

  check(): string[] {
    for (const [id, resource] of Object.entries(this.#template.Resources)) this.#checkResource(id, resource);
    this.#checkReferences('Outputs', this.#template.Outputs);
    this.#checkReferences('Conditions', this.#template.Conditions);
    return this.#problems;
  }

  #checkResource(id: string, resource: AnyResource): void {
    this.#checkAttributes(id, resource);
    this.#checkReferences(id, resource.Properties);
    if (isCustom(resource.Type)) return;
    const spec = this.#specOf(resource.Type);
    if (spec === undefined) this.#problems.push(`${id}: unknown type ${resource.Type}`);
    else this.#checkMembers(id, resource.Properties ?? {}, spec.properties);
  }

  #checkAttributes(id: string, resource: AnyResource): void {
    for (const name of Object.keys(resource)) {
      if (!RESOURCE_ATTRIBUTES.has(name)) this.#problems.push(`${id}: unknown attribute ${name}`);
    }
    for (const policy of [resource.DeletionPolicy, resource.UpdateReplacePolicy]) {
      if (policy !== undefined && !DELETION_POLICIES.includes(policy)) {
        this.#problems.push(`${id}: no such policy: ${policy}`);
      }
    }
    for (const other of [resource.DependsOn ?? []].flat()) {
      if (!(other in this.#template.Resources)) this.#problems.push(`${id}: depends on ${other}, which does not exist`);
    }
  }

  #specOf(type: string): ResourceSpec | undefined {
    return this.#database.lookup('resource', 'cloudFormationType', 'equals', type)[0];
  }

  #checkMembers(place: string, members: object, properties: ResourceSpec['properties']): void {
    for (const [name, value] of Object.entries(members)) {
      const property = properties[name];
      if (property === undefined) this.#problems.push(`${place}: unknown property ${name}`);
      else this.#checkValue(`${place}.${name}`, value, property.type);
    }
    for (const [name, { required }] of Object.entries(properties)) {
      if (required === true && !(name in members)) this.#problems.push(`${place}: missing property ${name}`);
    }
  }

  /** What an intrinsic function will return is known to CloudFormation only. */
  #checkValue(place: string, value: unknown, type: PropertyType): void {
    if (isIntrinsic(value)) return;
    switch (type.type) {
      case 'union':
        this.#checkUnion(place, value, type.types);
        return;
      case 'array':
        if (Array.isArray(value)) this.#checkItems(place, value, type.element);
        else this.#mismatch(place, value, 'an array');
        return;
      case 'map':
      case 'ref':
      case 'tag':
        if (isObject(value)) this.#checkObject(place, value, type);
        else this.#mismatch(place, value, 'an object');
        return;
      default:
        this.#checkPrimitive(place, value, type);
    }
  }

  #checkObject(place: string, value: object, type: Extract<PropertyType, { type: 'map' | 'ref' | 'tag' }>): void {
    if (type.type === 'map') this.#checkItems(place, value, type.element);
    else if (type.type === 'tag') this.#checkTag(place, value);
    else this.#checkMembers(place, value, this.#database.get('typeDefinition', type.reference.$ref).properties);
  }

  #checkItems(place: string, items: object, type: PropertyType): void {
    for (const [key, item] of Object.entries(items)) this.#checkValue(`${place}[${key}]`, item, type);
  }

  #checkTag(place: string, value: object): void {
    if (!('Key' in value && 'Value' in value)) this.#mismatch(place, value, 'a tag');
  }

  #checkUnion(place: string, value: unknown, types: readonly PropertyType[]): void {
    const attempts = types.map((type) => {
      const attempt = new TemplateChecker(this.#template, this.#database);
      attempt.#checkValue(place, value, type);
      return attempt.#problems;
    });
    if (attempts.every(({ length }) => length > 0)) this.#problems.push(...(attempts[0] ?? []));
  }

  #checkPrimitive(
    place: string,
    value: unknown,
    type: Exclude<PropertyType, { type: 'union' | 'array' | 'map' | 'ref' | 'tag' }>,
  ): void {
    const isFitting = {
      string: typeof value === 'string',
      'date-time': typeof value === 'string' && !Number.isNaN(Date.parse(value)),
      boolean: typeof value === 'boolean',
      number: typeof value === 'number',
      integer: Number.isInteger(value),
      json: isObject(value) || Array.isArray(value) || typeof value === 'string',
      null: value === null,
    }[type.type];
    if (!isFitting) this.#mismatch(place, value, `of type ${type.type}`);
    const allowed: readonly unknown[] | undefined = 'allowedValues' in type ? type.allowedValues : undefined;
    if (allowed?.includes(value) === false) this.#mismatch(place, value, `one of ${allowed.join(', ')}`);
  }

  #mismatch(place: string, value: unknown, expected: string): void {
    this.#problems.push(`${place}: must be ${expected}, got ${JSON.stringify(value)}`);
  }

  #checkReferences(place: string, value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    if ('Ref' in value) this.#checkRef(place, String(value.Ref));
    if ('Fn::GetAtt' in value) this.#checkGetAtt(place, value['Fn::GetAtt'] as readonly string[]);
    if ('Fn::Sub' in value) this.#checkSub(place, value['Fn::Sub']);
    for (const [key, member] of Object.entries(value)) this.#checkReferences(`${place}.${key}`, member);
  }

  #checkRef(place: string, target: string): void {
    const { Resources, Parameters = {} } = this.#template;
    if (target.startsWith('AWS::') || target in Resources || target in Parameters) return;
    this.#problems.push(`${place}: refers to ${target}, which does not exist`);
  }

  #checkGetAtt(place: string, [target = '', attribute = '']: readonly string[]): void {
    const resource = this.#template.Resources[target];
    if (resource === undefined) {
      this.#problems.push(`${place}: refers to ${target}, which does not exist`);
    } else if (!isCustom(resource.Type) && !this.#hasAttribute(resource.Type, attribute)) {
      this.#problems.push(`${place}: ${target} of type ${resource.Type} has no attribute ${attribute}`);
    }
  }

  /** Some attributes are members of an object, as in `Endpoint.Address`. An unknown type has its own problem. */
  #hasAttribute(type: string, attribute: string): boolean {
    const spec = this.#specOf(type);
    if (spec === undefined) return true;
    const { attributes } = spec;
    return attribute in attributes || (attribute.split('.')[0] ?? '') in attributes;
  }

  #checkSub(place: string, sub: unknown): void {
    const [text, variables] = (Array.isArray(sub) ? sub : [sub, {}]) as [string, object];
    for (const [, name = ''] of text.matchAll(/\$\{([^!}]+)\}/g)) {
      if (name in variables) continue;
      const dot = name.indexOf('.');
      if (dot === -1) this.#checkRef(place, name);
      else this.#checkGetAtt(place, [name.slice(0, dot), name.slice(dot + 1)]);
    }
  }
}

/** What a function answers to a custom resource is its own affair. */
function isCustom(type: string): boolean {
  return type.startsWith('Custom::') || type === 'AWS::CloudFormation::CustomResource';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isIntrinsic(value: unknown): boolean {
  if (!isObject(value)) return false;
  const [key = '', ...others] = Object.keys(value);
  return others.length === 0 && (key === 'Ref' || key.startsWith('Fn::'));
}
