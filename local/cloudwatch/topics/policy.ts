/** One statement of a resource policy, after references were resolved. */
export type PolicyStatement = Readonly<Record<string, unknown>>;

/** What a service asks for. */
export interface ServiceRequest {
  /** Such as `cloudwatch.amazonaws.com`. */
  readonly service: string;
  /** Such as `sns:Publish`. */
  readonly action: string;
  /** ARN of what is acted on. */
  readonly resource: string;
  /** What conditions can ask for, by its key in lowercase letters. */
  readonly context: Readonly<Record<string, string>>;
}

/** The answer of a policy: nothing is allowed unless it says so, and a denial wins. */
export type PolicyDecision = 'allowed' | 'not allowed' | 'denied';

/**
 * Decides as IAM does for a service that acts by itself, as far as policies of topics and keys go. Where a statement
 * uses something that is not modelled, it allows nothing and denies all: a drill is rather too strict.
 * {@link https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html}
 */
export function decide(statements: readonly PolicyStatement[], request: ServiceRequest): PolicyDecision {
  const matching = (effect: 'Allow' | 'Deny'): boolean =>
    statements.some((statement) => statement['Effect'] === effect && applies(statement, request, effect === 'Deny'));
  if (matching('Deny')) return 'denied';
  return matching('Allow') ? 'allowed' : 'not allowed';
}

const UNMODELLED = ['NotPrincipal', 'NotAction', 'NotResource'];

function applies(statement: PolicyStatement, request: ServiceRequest, whenUnsure: boolean): boolean {
  if (UNMODELLED.some((member) => member in statement)) return whenUnsure;
  return (
    namesService(statement['Principal'], request.service) &&
    asList(statement['Action']).some((pattern) => matches(pattern.toLowerCase(), request.action.toLowerCase())) &&
    asList(statement['Resource'] ?? '*').some((pattern) => matches(pattern, request.resource)) &&
    Object.entries((statement['Condition'] ?? {}) as Record<string, Record<string, unknown>>).every(
      ([operator, tests]) =>
        Object.entries(tests).every(([key, expected]) => {
          const condition = { operator, expected: asList(expected), actual: request.context[key.toLowerCase()] };
          return isMet(condition) ?? whenUnsure;
        }),
    )
  );
}

/** Everybody, or the service by its name; an account's root stands for no service. */
function namesService(principal: unknown, service: string): boolean {
  if (principal === '*') return true;
  if (typeof principal !== 'object' || principal === null) return false;
  const { AWS: accounts, Service: services } = principal as { readonly AWS?: unknown; readonly Service?: unknown };
  return asList(accounts).includes('*') || asList(services).includes(service);
}

interface Condition {
  readonly operator: string;
  readonly expected: readonly string[];
  readonly actual: string | undefined;
}

type Test = (expected: string, actual: string) => boolean;

const TESTS: Readonly<Record<string, Test>> = {
  StringEquals: (expected, actual) => expected === actual,
  StringEqualsIgnoreCase: (expected, actual) => expected.toLowerCase() === actual.toLowerCase(),
  StringLike: matches,
  ArnEquals: arnMatches,
  ArnLike: arnMatches,
  Bool: (expected, actual) => expected.toLowerCase() === actual,
};

/** Undefined for an operator that is not modelled. */
function isMet({ operator, expected, actual }: Condition): boolean | undefined {
  const optional = operator.endsWith('IfExists');
  const base = optional ? operator.slice(0, -'IfExists'.length) : operator;
  if (base === 'Null') return expected.includes(String(actual === undefined));
  const negated = /^(String|Arn)Not/.test(base);
  const test = TESTS[base.replace('Not', '')];
  if (test === undefined) return undefined;
  if (actual === undefined) return optional || negated;
  return expected.some((value) => test(value, actual)) !== negated;
}

/** Each of the first five parts by itself, so that a star does not reach over a colon. */
function arnMatches(pattern: string, arn: string): boolean {
  const parts = splitArn(arn);
  const patterns = splitArn(pattern);
  return patterns.length === parts.length && patterns.every((part, index) => matches(part, parts[index] ?? ''));
}

function splitArn(arn: string): readonly string[] {
  const parts = arn.split(':');
  return [...parts.slice(0, 5), parts.slice(5).join(':')];
}

/** Whether a text fits a pattern of a policy, with `*` for any text and `?` for one letter. */
export function matches(pattern: string, text: string): boolean {
  const source = pattern
    .replaceAll(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}

function asList(value: unknown): readonly string[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}
