import type { JsonObject } from './observe.ts';
import { isObject } from './observe.ts';

const OPENTELEMETRY = { name: 'a batch of OpenTelemetry', section: 'opentelemetry' };

/** Members by which a format is known, as paths, and the section of the page that has a complete projection for it. */
const FORMATS: readonly { readonly name: string; readonly section: string; readonly members: readonly string[] }[] = [
  { name: 'a change of a DynamoDB table', section: 'dynamodb', members: ['dynamodb.Keys', 'eventName'] },
  { name: 'a change captured by Debezium', section: 'debezium', members: ['payload.op', 'payload.source'] },
  { name: 'a change captured by Debezium', section: 'debezium', members: ['op', 'source.connector', 'ts_ms'] },
  {
    name: 'a change captured by DMS',
    section: 'database-migration-service',
    members: ['metadata.record-type', 'metadata.operation'],
  },
  { name: 'an event of EventBridge', section: 'eventbridge', members: ['detail-type', 'detail', 'source'] },
  { name: 'an event in the form of CloudEvents', section: 'cloudevents', members: ['specversion', 'source', 'type'] },
  { ...OPENTELEMETRY, members: ['resourceSpans'] },
  { ...OPENTELEMETRY, members: ['resourceLogs'] },
  { ...OPENTELEMETRY, members: ['resourceMetrics'] },
  {
    name: 'an event of CloudTrail',
    section: 'cloudtrail-by-cloudwatch-logs',
    members: ['eventVersion', 'userIdentity', 'eventSource'],
  },
];

/**
 * Points to the complete projection that there is for a format that many people have.
 *
 * @param event of the sample
 * @returns a sentence; undefined for other events
 */
export function knownFormat(event: JsonObject): string | undefined {
  const found = FORMATS.find(({ members }) => members.every((path) => hasMember(event, path.split('.'))));
  return (
    found &&
    `this looks like ${found.name}: docs/event-shapes.md#${found.section} has a projection that knows what such events mean`
  );
}

function hasMember(value: unknown, [name, ...rest]: readonly string[]): boolean {
  if (name === undefined) return true;
  return isObject(value) && Object.hasOwn(value, name) && hasMember(value[name], rest);
}
