import type { Deployment } from '../deployment/deployment.ts';
import {
  INCIDENT_IDS,
  incidentOf,
  isIncident,
  partsOf,
  routesOf,
  tellsEnd,
  type IncidentName,
  type Route,
} from '../deployment/drilled-alarms.ts';
import type { Played, PlayedMessage, StateSpan } from '../play/play-timeline.ts';
import type { Expectation, ExpectedAlarm } from '../scenarios/scenario.ts';

/** Something that came out otherwise than it must. */
export interface Finding {
  /** The alarm, incident or topic that it is about. */
  readonly about: string;
  /** What is wrong, without numbers: the same for every way in which it comes out so. */
  readonly kind: string;
  /** One sentence: what was expected, and what came. */
  readonly sentence: string;
}

/**
 * Holds what one way of evaluating alarms made of a scenario against what has to come of it.
 *
 * @returns what is wrong; nothing when all is as it must be
 */
export function judge(deployment: Deployment, played: Played, expectation: Expectation): readonly Finding[] {
  const expected = expectedOf(expectation, played.behavior.lateMinutes);
  return deployment.alarms.flatMap(({ id }) => {
    const spans = played.spans.get(id) ?? [];
    return [
      ...judgeStates(id, spans, { expected: expected.get(id), may: expectation.may ?? [] }),
      ...judgeIncident(id, played, deployment),
      ...judgeMessages(id, played, deployment),
    ];
  });
}

/** Where metrics are late, so is what alarms make of them. */
function expectedOf({ pages = {}, alarms = {} }: Expectation, lateMinutes: number): ReadonlyMap<string, ExpectedAlarm> {
  const incidents = Object.entries(pages).map(([name, page]) => [INCIDENT_IDS[name as IncidentName], page] as const);
  const later = (expected: ExpectedAlarm): ExpectedAlarm => ({
    ...expected,
    by: expected.by + lateMinutes,
    ...(expected.overBy !== undefined && { overBy: expected.overBy + lateMinutes }),
  });
  return new Map([...incidents, ...Object.entries(alarms)].map(([id, expected]) => [id, later(expected)]));
}

/** Whether a span is one of trouble. */
function isOn({ state }: StateSpan): boolean {
  return state === 'ALARM';
}

function judgeStates(
  id: string,
  spans: readonly StateSpan[],
  { expected, may }: { readonly expected: ExpectedAlarm | undefined; readonly may: readonly string[] },
): readonly Finding[] {
  const on = spans.filter(isOn);
  const [first] = on;
  const find = (kind: string, sentence: string): Finding => ({ about: id, kind, sentence: `${id} ${sentence}` });
  if (expected === undefined) {
    const isFine = first === undefined || may.includes(id);
    return isFine ? [] : [find('quiet', `must stay quiet, and fires in minute ${minute(first.from)}`)];
  }
  const last = on.at(-1);
  if (first === undefined || last === undefined)
    return [find('fire', `must fire by minute ${minute(expected.by)}, and never does`)];
  return [...judgeBegin(first, expected), ...judgeEnd({ first, last }, expected)].map(([kind, sentence]) =>
    find(kind, sentence),
  );
}

type Verdict = readonly [kind: string, sentence: string];

function judgeBegin({ from }: StateSpan, { by, notBefore = 0 }: ExpectedAlarm): readonly Verdict[] {
  const came = `fires in minute ${minute(from)}`;
  return [
    ...(from < notBefore ? [['early', `must not fire before minute ${minute(notBefore)}, and ${came}`] as const] : []),
    ...(from > by ? [['late', `must fire by minute ${minute(by)}, and ${came}`] as const] : []),
  ];
}

function judgeEnd(
  { first, last }: { readonly first: StateSpan; readonly last: StateSpan },
  { until = -Infinity, overBy = Infinity }: ExpectedAlarm,
): readonly Verdict[] {
  const end = last.until === Infinity ? 'is on to the end' : `is over in minute ${minute(last.until)}`;
  return [
    ...(first.until < until
      ? [['stay', `must stay on until minute ${minute(until)}, and goes off in minute ${minute(first.until)}`] as const]
      : []),
    ...(last.until > overBy ? [['over', `must be over by minute ${minute(overBy)}, and ${end}`] as const] : []),
  ];
}

/** An incident is on exactly while one of its alarms is. */
function judgeIncident(id: string, { spans }: Played, { promises }: Deployment): readonly Finding[] {
  if (isIncident(id)) return judgeParts(id, spans, promises);
  const incidentId = incidentOf(id, promises);
  if (incidentId === undefined || !spans.has(incidentId)) return [];
  const pages = (spans.get(incidentId) ?? []).filter(isOn);
  const missed = (spans.get(id) ?? [])
    .filter(isOn)
    .find((span) => !pages.some((page) => page.from <= span.from && page.until >= span.until));
  if (missed === undefined) return [];
  const sentence = `${incidentId} must be on while ${id} is, and is not from minute ${minute(missed.from)} on`;
  return [{ about: incidentId, kind: `part ${id}`, sentence }];
}

function judgeParts(incidentId: string, spans: Played['spans'], promises: Deployment['promises']): readonly Finding[] {
  const parts = partsOf(incidentId, promises).flatMap((id) => (spans.get(id) ?? []).filter(isOn));
  const alone = (spans.get(incidentId) ?? [])
    .filter(isOn)
    .find((page) => !parts.some((span) => span.from <= page.from && page.from < span.until));
  if (alone === undefined) return [];
  const sentence = `${incidentId} must be off while none of its alarms is on, and fires in minute ${minute(alone.from)}`;
  return [{ about: incidentId, kind: 'parts', sentence }];
}

/** Every change that matters is told, to those whom it is for and to nobody else. */
function judgeMessages(id: string, played: Played, { promises }: Deployment): readonly Finding[] {
  const own = played.messages.filter((message) => message.id === id);
  const routes = routesOf(id, promises);
  const spans = played.spans.get(id) ?? [];
  const changes = spans.filter(
    (span, index) => isOn(span) || (tellsEnd(id) && span.state === 'OK' && isOn(spans[index - 1] ?? span)),
  );
  const unsaid = spans.find((span, index) => span.state === 'INSUFFICIENT_DATA' && isOn(spans[index - 1] ?? span));
  const stray = own.find(({ state, target }) => state === 'ALARM' && !routes.some(({ topic }) => topic === target));
  return [
    ...changes.flatMap((span) => routes.flatMap((route) => judgeChange({ id, span, own }, route))),
    ...(unsaid === undefined
      ? []
      : [
          {
            about: id,
            kind: 'unsaid',
            sentence: `${id} must be over or stay on when its metric is silent, but has no state from minute ${minute(unsaid.from)} on, so nobody is notified`,
          },
        ]),
    ...(stray === undefined
      ? []
      : [
          {
            about: id,
            kind: 'stray',
            sentence: `${id} must notify the ${routes.map(({ name }) => name).join(' and the ')} only, but notifies ${nameOf(stray.target, promises)}`,
          },
        ]),
  ];
}

function nameOf(topic: string, { pageTopic, ticketTopic, noticeTopic }: Deployment['promises']): string {
  if (topic === pageTopic) return 'the page topic';
  if (topic === ticketTopic) return 'the ticket topic';
  return topic === noticeTopic ? 'the notice topic' : topic;
}

interface Change {
  readonly id: string;
  readonly span: StateSpan;
  /** Messages of the alarm. */
  readonly own: readonly PlayedMessage[];
}

function judgeChange({ id, span: { state, from }, own }: Change, { topic, name }: Route): readonly Finding[] {
  const event = state === 'ALARM' ? 'fires' : 'is over';
  const message = own.find((sent) => sent.state === state && sent.at === from && sent.target === topic);
  if (message === undefined) {
    const sentence = `${id} must notify the ${name} when it ${event}, but does not in minute ${minute(from)}`;
    return [{ about: id, kind: `tell ${name} ${state}`, sentence }];
  }
  if (message.delivery.kind === 'delivered') return [];
  const sentence = `${id} must reach somebody through the ${name} when it ${event}, but does not: ${message.delivery.reason}`;
  return [{ about: id, kind: `deliver ${name} ${state}`, sentence }];
}

/** A minute as people count them: the one that has begun. */
export function minute(at: number): string {
  return String(Math.floor(at));
}
