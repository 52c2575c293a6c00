type Json = Readonly<Record<string, unknown>>;

/** A resource as it is written in a template. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Json;
  readonly Metadata?: Json;
  readonly DependsOn?: string | readonly string[];
  readonly Condition?: string;
}

/** Where a stack is thought to be; made up unless given, and the same in every run. */
export interface StackPlace {
  readonly stackName: string;
  readonly accountId: string;
  readonly region: string;
}

/** Stands in for the place that CloudFormation would know. */
export const ANY_PLACE: StackPlace = { stackName: 'stack', accountId: '111122223333', region: 'eu-west-1' };

/** The property that sets the name of a resource; others are named by CloudFormation. */
const NAME_PROPERTIES: Readonly<Record<string, string>> = {
  'AWS::CloudWatch::Alarm': 'AlarmName',
  'AWS::CloudWatch::CompositeAlarm': 'AlarmName',
  'AWS::SNS::Topic': 'TopicName',
  'AWS::Kinesis::Stream': 'Name',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::RDS::DBCluster': 'DBClusterIdentifier',
  'AWS::SQS::Queue': 'QueueName',
  'AWS::Events::Rule': 'Name',
};

/** Service and first part of the resource in the ARNs that alarms and policies are about. */
const ARN_SHAPES: Readonly<Record<string, string>> = {
  'AWS::CloudWatch::Alarm': 'cloudwatch:alarm:',
  'AWS::CloudWatch::CompositeAlarm': 'cloudwatch:alarm:',
  'AWS::SNS::Topic': 'sns:',
  'AWS::KMS::Key': 'kms:key/',
  'AWS::Kinesis::Stream': 'kinesis:stream/',
  'AWS::Lambda::Function': 'lambda:function:',
};

/** A template whose references are resolved to what CloudFormation could have made of them. */
export class CloudFormationTemplate {
  readonly place: StackPlace;
  readonly #template: Json;
  readonly #problems = new Set<string>();

  constructor(template: unknown, place: StackPlace = ANY_PLACE) {
    this.place = place;
    this.#template = asObject(template) ?? {};
  }

  /** What could not be resolved so far. */
  get problems(): readonly string[] {
    return [...this.#problems];
  }

  /** Resources of a type by logical id, without those whose condition is false. */
  ofType(type: string): readonly (readonly [logicalId: string, properties: Json])[] {
    return Object.entries(this.#resources())
      .filter(([, resource]) => resource.Type === type && this.#exists(resource))
      .map(([id, { Properties: properties = {} }]) => [id, this.resolve(properties) as Json]);
  }

  /** Types of all resources that exist. */
  types(): ReadonlySet<string> {
    return new Set(
      Object.values(this.#resources())
        .filter((resource) => this.#exists(resource))
        .map(({ Type }) => Type),
    );
  }

  /**
   * What a resource is called: the name it was given, or one made of stack and logical id. Always the same, so that
   * metrics can be published for it.
   */
  physicalName(logicalId: string): string {
    const { Type: type = '', Properties: properties = {} } = this.#resources()[logicalId] ?? {};
    const name = this.resolve(properties[NAME_PROPERTIES[type] ?? '']);
    return typeof name === 'string' ? name : `${this.place.stackName}-${logicalId}`;
  }

  /** What the template says about a resource beside its properties; empty without it. */
  metadataOf(logicalId: string): Json {
    return this.resolve(this.#resources()[logicalId]?.Metadata ?? {}) as Json;
  }

  /** Whether CloudFormation makes a resource only after another one, by `DependsOn` over any number of steps. */
  waitsFor(logicalId: string, other: string): boolean {
    const seen = new Set<string>();
    const open = [logicalId];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (seen.has(id)) continue;
      seen.add(id);
      open.push(...asList(this.#resources()[id]?.DependsOn ?? []).map(String));
    }
    return logicalId !== other && seen.has(other);
  }

  /** The ARN of a resource. */
  arnOf(logicalId: string): string {
    const type = this.#resources()[logicalId]?.Type ?? '';
    const { accountId, region } = this.place;
    const shape = ARN_SHAPES[type] ?? `${type.split('::')[1]?.toLowerCase() ?? 'unknown'}:`;
    const [service, ...prefix] = shape.split(':');
    return `arn:aws:${service ?? ''}:${region}:${accountId}:${prefix.join(':')}${this.physicalName(logicalId)}`;
  }

  /** A value without references, functions and members that are not there. */
  resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.resolve(item)).filter((item) => item !== undefined);
    const object = asObject(value);
    if (object === undefined) return value;
    const [only, ...others] = Object.keys(object);
    if (only !== undefined && others.length === 0 && (only === 'Ref' || only.startsWith('Fn::')))
      return this.#call(only, object[only]);
    const members = Object.entries(object).map(([key, member]) => [key, this.resolve(member)] as const);
    return Object.fromEntries(members.filter(([, member]) => member !== undefined));
  }

  #call(name: string, argument: unknown): unknown {
    switch (name) {
      case 'Ref':
        return this.#ref(String(argument));
      case 'Fn::GetAtt':
        return this.#attribute(argument);
      case 'Fn::Sub':
        return this.#substitute(argument);
      case 'Fn::If': {
        const [condition, yes, no] = argument as readonly unknown[];
        return this.resolve(this.#isTrue({ Condition: condition }) ? yes : no);
      }
      default:
        return this.#apply(name, this.resolve(argument));
    }
  }

  #apply(name: string, argument: unknown): unknown {
    const args = Array.isArray(argument) ? (argument as readonly unknown[]) : [argument];
    const [first, second] = args;
    switch (name) {
      case 'Fn::Join':
        return asList(second).join(String(first));
      case 'Fn::Split':
        return String(second).split(String(first));
      case 'Fn::Select':
        return asList(second)[Number(first)];
      case 'Fn::FindInMap':
        return args.reduce<unknown>((map, key) => asObject(map)?.[String(key)], this.#template['Mappings']);
      case 'Fn::ImportValue':
        return `imported-${String(first)}`;
      case 'Fn::GetAZs':
        return ['a', 'b', 'c'].map((zone) => `${this.place.region}${zone}`);
      default:
        this.#problems.add(`the template uses \`${name}\`, which is not modelled`);
        return undefined;
    }
  }

  #ref(id: string): unknown {
    if (id.startsWith('AWS::')) return this.#pseudoParameter(id);
    const parameter = asObject(asObject(this.#template['Parameters'])?.[id]);
    if (parameter !== undefined) return parameter['Default'] ?? `parameter-${id}`;
    const resource = this.#resources()[id];
    if (resource === undefined) {
      this.#problems.add(`the template refers to \`${id}\`, which it does not have`);
      return undefined;
    }
    return this.#refOfResource(id, resource);
  }

  #refOfResource(id: string, { Type: type, Properties: properties = {} }: TemplateResource): string {
    if (type === 'AWS::SNS::Topic') return this.arnOf(id);
    if (type !== 'AWS::Lambda::Alias' && type !== 'AWS::Lambda::Version') return this.physicalName(id);
    const functionName = String(this.resolve(properties['FunctionName']));
    const { accountId, region } = this.place;
    const functionArn = functionName.startsWith('arn:')
      ? functionName
      : `arn:aws:lambda:${region}:${accountId}:function:${functionName}`;
    return `${functionArn}:${type === 'AWS::Lambda::Alias' ? String(this.resolve(properties['Name'])) : '1'}`;
  }

  #attribute(argument: unknown): unknown {
    const [id = '', ...rest] = Array.isArray(argument) ? argument.map(String) : String(argument).split('.');
    const attribute = rest.join('.');
    if (this.#ref(id) === undefined) return undefined;
    if (attribute === 'Arn' || attribute === 'TopicArn') return this.arnOf(id);
    if (attribute.endsWith('Name')) return this.physicalName(id);
    return attribute === 'Version' ? '1' : `${this.physicalName(id)}.${attribute}`;
  }

  #substitute(argument: unknown): string {
    const [text, variables] = Array.isArray(argument) ? (argument as readonly unknown[]) : [argument];
    const given = asObject(variables) ?? {};
    return String(text).replaceAll(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal !== '') return `\${${name}}`;
      if (name in given) return String(this.resolve(given[name]));
      return String(name.includes('.') ? this.#attribute(name) : this.#ref(name));
    });
  }

  #pseudoParameter(name: string): unknown {
    const { stackName, accountId, region } = this.place;
    const values: Readonly<Record<string, unknown>> = {
      'AWS::AccountId': accountId,
      'AWS::Region': region,
      'AWS::Partition': 'aws',
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::StackName': stackName,
      'AWS::StackId': `arn:aws:cloudformation:${region}:${accountId}:stack/${stackName}/1`,
      'AWS::NotificationARNs': [],
      'AWS::NoValue': undefined,
    };
    if (!(name in values)) this.#problems.add(`the template refers to \`${name}\`, which is not modelled`);
    return values[name];
  }

  #exists({ Condition: condition }: TemplateResource): boolean {
    return condition === undefined || this.#isTrue({ Condition: condition });
  }

  #isTrue(condition: unknown): boolean {
    const [name, argument] = Object.entries(asObject(condition) ?? {})[0] ?? ['nothing', undefined];
    const parts = Array.isArray(argument) ? (argument as readonly unknown[]) : [argument];
    switch (name) {
      case 'Condition':
        return this.#isTrue(asObject(this.#template['Conditions'])?.[String(argument)]);
      case 'Fn::Equals':
        return String(this.resolve(parts[0])) === String(this.resolve(parts[1]));
      case 'Fn::And':
        return parts.every((part) => this.#isTrue(part));
      case 'Fn::Or':
        return parts.some((part) => this.#isTrue(part));
      case 'Fn::Not':
        return !parts.some((part) => this.#isTrue(part));
      default:
        this.#problems.add(`a condition of the template uses ${name}, which is not modelled`);
        return false;
    }
  }

  #resources(): Readonly<Record<string, TemplateResource>> {
    return (asObject(this.#template['Resources']) ?? {}) as Readonly<Record<string, TemplateResource>>;
  }
}

function asObject(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}
