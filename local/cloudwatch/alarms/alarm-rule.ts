import { ExpressionError } from '../expression-error.ts';
import { ALARM_STATES, type AlarmState } from './alarm-state.ts';

/** A rule over the states of other alarms, as a tree. */
export type AlarmRule =
  | { readonly kind: 'constant'; readonly value: boolean }
  /** `alarm` is a name or an ARN, as it is written. */
  | { readonly kind: 'state'; readonly state: AlarmState; readonly alarm: string }
  | { readonly kind: 'not'; readonly rule: AlarmRule }
  | { readonly kind: 'and' | 'or'; readonly rules: readonly AlarmRule[] }
  | {
      readonly kind: 'at-least';
      /** How many of the alarms, or what share of them. */
      readonly count: number;
      readonly unit: 'alarms' | 'percent';
      readonly state: AlarmState;
      /** Whether those are counted that are not in the state. */
      readonly negated: boolean;
      readonly alarms: readonly string[];
    };

/**
 * Reads the rule of a composite alarm. Everything but the names of alarms is in uppercase letters.
 * {@link https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html}
 *
 * @throws {@link ExpressionError} for what is no rule
 */
export function parseAlarmRule(text: string): AlarmRule {
  const parser = new RuleParser(lexRule(text));
  const rule = parser.either();
  parser.expectEnd();
  return rule;
}

/**
 * Whether a rule holds.
 *
 * @param stateOf the state of an alarm by its name or ARN, as the rule has it
 */
export function ruleHolds(rule: AlarmRule, stateOf: (alarm: string) => AlarmState): boolean {
  switch (rule.kind) {
    case 'constant':
      return rule.value;
    case 'state':
      return stateOf(rule.alarm) === rule.state;
    case 'not':
      return !ruleHolds(rule.rule, stateOf);
    case 'and':
      return rule.rules.every((part) => ruleHolds(part, stateOf));
    case 'or':
      return rule.rules.some((part) => ruleHolds(part, stateOf));
    case 'at-least': {
      const counted = rule.alarms.filter((alarm) => (stateOf(alarm) === rule.state) !== rule.negated).length;
      return (rule.unit === 'alarms' ? counted : (100 * counted) / rule.alarms.length) >= rule.count;
    }
  }
}

/** Names and ARNs of the alarms that a rule looks at, each once. */
export function alarmsOfRule(rule: AlarmRule): readonly string[] {
  return [...new Set(collectAlarms(rule))];
}

function collectAlarms(rule: AlarmRule): readonly string[] {
  switch (rule.kind) {
    case 'constant':
      return [];
    case 'state':
      return [rule.alarm];
    case 'not':
      return collectAlarms(rule.rule);
    case 'and':
    case 'or':
      return rule.rules.flatMap(collectAlarms);
    case 'at-least':
      return rule.alarms;
  }
}

interface RuleToken {
  /** Quoted text is only ever the name of an alarm. */
  readonly kind: 'word' | 'quoted' | 'sign' | 'end';
  readonly text: string;
  readonly position: number;
}

const TOKEN = /\s*(?:(?<sign>[(),])|"(?<quoted>(?:\\.|[^"\\])*)"|(?<word>[^\s(),]+))/y;

function lexRule(text: string): readonly RuleToken[] {
  const tokens: RuleToken[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const start = TOKEN.lastIndex;
    const groups = TOKEN.exec(text)?.groups;
    if (groups === undefined) throw new ExpressionError('this is not a word of a rule', start);
    const position = start + (/\S/.exec(text.slice(start))?.index ?? 0);
    const { sign, quoted, word = '' } = groups;
    if (sign !== undefined) tokens.push({ kind: 'sign', text: sign, position });
    else if (quoted !== undefined) tokens.push({ kind: 'quoted', text: quoted.replaceAll(/\\(.)/g, '$1'), position });
    else tokens.push({ kind: 'word', text: word, position });
  }
  return [...tokens, { kind: 'end', text: 'the end', position: text.length }];
}

const RULE_START = 'ALARM, OK, INSUFFICIENT_DATA, AT_LEAST, TRUE, FALSE, NOT or (';

class RuleParser {
  readonly #tokens: readonly RuleToken[];
  #next = 0;

  constructor(tokens: readonly RuleToken[]) {
    this.#tokens = tokens;
  }

  /** `AND` binds tighter than `OR`: AWS takes both without parentheses and documents no order. */
  either(): AlarmRule {
    return this.#chain('or', 'OR', () => this.#chain('and', 'AND', () => this.#single()));
  }

  expectEnd(): void {
    const token = this.#take();
    if (token.kind !== 'end') throw unexpected(token, 'AND, OR or the end');
  }

  #chain(kind: 'and' | 'or', word: string, read: () => AlarmRule): AlarmRule {
    const rules = [read()];
    while (this.#accept('word', word)) rules.push(read());
    const [first] = rules;
    return rules.length === 1 && first !== undefined ? first : { kind, rules };
  }

  #single(): AlarmRule {
    const token = this.#take();
    if (token.kind === 'sign' && token.text === '(') {
      const rule = this.either();
      this.#expectSign(')');
      return rule;
    }
    if (token.kind !== 'word') throw unexpected(token, RULE_START);
    const state = asState(token.text);
    if (state !== undefined) return { kind: 'state', state, alarm: this.#parenthesizedAlarm() };
    switch (token.text) {
      case 'TRUE':
      case 'FALSE':
        return { kind: 'constant', value: token.text === 'TRUE' };
      case 'NOT':
        return { kind: 'not', rule: this.#single() };
      case 'AT_LEAST':
        return this.#atLeast();
      default:
        throw unexpected(token, RULE_START);
    }
  }

  #parenthesizedAlarm(): string {
    this.#expectSign('(');
    const alarm = this.#alarm();
    this.#expectSign(')');
    return alarm;
  }

  #atLeast(): AlarmRule {
    this.#expectSign('(');
    const threshold = this.#take();
    this.#expectSign(',');
    const negated = this.#accept('word', 'NOT');
    const word = this.#take();
    const state = word.kind === 'word' ? asState(word.text) : undefined;
    if (state === undefined) throw unexpected(word, 'NOT, ALARM, OK or INSUFFICIENT_DATA');
    this.#expectSign(',');
    this.#expectSign('(');
    const alarms = [this.#alarm()];
    while (this.#accept('sign', ',')) alarms.push(this.#alarm());
    this.#expectSign(')');
    this.#expectSign(')');
    return { kind: 'at-least', ...readThreshold(threshold, alarms.length), state, negated, alarms };
  }

  #alarm(): string {
    const token = this.#take();
    if (token.kind !== 'word' && token.kind !== 'quoted') throw unexpected(token, 'the name or ARN of an alarm');
    return token.text;
  }

  #expectSign(sign: string): void {
    const token = this.#take();
    if (token.kind !== 'sign' || token.text !== sign) throw unexpected(token, sign);
  }

  #accept(kind: RuleToken['kind'], text: string): boolean {
    const token = this.#tokens[this.#next];
    const accepted = token?.kind === kind && token.text === text;
    if (accepted) this.#next += 1;
    return accepted;
  }

  #take(): RuleToken {
    const token = this.#tokens[this.#next] ?? this.#tokens.at(-1);
    if (token === undefined) throw new Error('a list of tokens has an end');
    this.#next += 1;
    return token;
  }
}

function readThreshold(token: RuleToken, alarms: number): { count: number; unit: 'alarms' | 'percent' } {
  const match = /^(\d+)(%?)$/.exec(token.text);
  if (token.kind !== 'word' || match === null) throw unexpected(token, 'a whole number or a percentage');
  const unit = match[2] === '%' ? 'percent' : 'alarms';
  const count = Number(match[1]);
  const most = unit === 'percent' ? 100 : alarms;
  if (count < 1 || count > most) throw unexpected(token, `1 to ${most}${unit === 'percent' ? '%' : ' alarms'}`);
  return { count, unit };
}

function asState(word: string): AlarmState | undefined {
  return ALARM_STATES.find((state) => state === word);
}

function unexpected({ kind, text, position }: RuleToken, expected: string): ExpressionError {
  return new ExpressionError(`expected ${expected}, got ${kind === 'end' ? text : JSON.stringify(text)}`, position);
}
