import { describeNextCommands } from '../command-line/next-commands.ts';
import type { NewFunction } from './new-function.ts';
import type { DecoderName } from './read-records.ts';
import { DEV_STAGE, devEntry, STAGES_FILE } from './stage-entry.ts';

/** Says what was made, why, what is not certain, and what comes next. */
export function describeNewFunction(made: NewFunction): readonly string[] {
  const { design, files, kept, events } = made;
  const { functionName } = design;
  return [
    `Made the function ${functionName} from ${number(events)} ${events === 1 ? 'event' : 'events'}${made.isCut ? '; the rest was not read' : ''}:`,
    ...files.map((file) => `  ${file}`),
    '',
    ...describeChoices(made),
    '',
    ...describeDoubts(made),
    ...describeNextCommands([
      [`npm start -- --function ${functionName}`, `on the ${number(kept)} events in its folder`],
      [`npm start -- --function ${functionName} --input FILE`, 'on any others'],
      [`npx vitest run test/unit/functions/${functionName}`, 'its unit test'],
      [
        `npm run deploy -- ${functionName}-${DEV_STAGE}`,
        made.isInStage
          ? `into your AWS account; it is now part of the stage ${DEV_STAGE}`
          : `into your AWS account, once ${devEntry(functionName)} is in the stage ${DEV_STAGE} in ${STAGES_FILE}`,
      ],
    ]),
    `Before you commit: functions/${functionName}/sample holds your events unchanged. Do they contain personal data?`,
  ];
}

/** Why it is not the usual one. */
const DECODERS: Readonly<Partial<Record<DecoderName, string>>> = {
  cloudWatchLogs: 'the records are messages of a CloudWatch Logs subscription',
  ndjson: 'a record holds several events, one behind the other',
  jsonArray: 'a record holds a list of events',
};

function describeChoices({ design }: NewFunction): readonly string[] {
  const { decoder, plans, eventId, partitionKey, latest, totals, typeMember } = design;
  const tables = [
    ...plans.map(
      ({ table, type, leaves }) =>
        `${table} (${type === undefined ? 'a row per event' : `a row per ${type}`}, ${leaves.length} ${leaves.length === 1 ? 'column' : 'columns'})`,
    ),
    ...(latest === undefined ? [] : [`${latest.table} (the newest per ${latest.entity.path.join('.')})`]),
    ...(totals === undefined ? [] : [`${totals.table} (counted by ${totals.key.path.join('.')})`]),
  ];
  const key = partitionKey.members.join(', ') || 'random';
  return [
    ...(DECODERS[decoder] === undefined ? [] : [`Decoder        ${decoder}(): ${DECODERS[decoder]}`]),
    ...(typeMember === undefined ? [] : [`Event types    ${plans.length}, told apart by ${typeMember}`]),
    eventId === undefined
      ? 'Event id       the position on the stream: no member looks like an id that differs in each event'
      : `Event id       ${eventId.leaf.path.join('.')}: ${eventId.reason}`,
    `Partition key  ${key}: ${partitionKey.reason}`,
    ...tables.map((table, index) => `${index === 0 ? 'Tables       ' : '             '}  ${table}`),
  ];
}

function describeDoubts({ design, rejected, enclosedIn }: NewFunction): readonly string[] {
  const enclosed =
    enclosedIn === undefined
      ? []
      : [
          `the file is one document with a list in \`${enclosedIn}\`: each of the list is taken for an event, here and in files for \`--input\`. ` +
            `Where whole documents are on the stream, \`decode\` takes them apart: docs/event-shapes.md#opentelemetry`,
        ];
  const rejections = Object.entries(rejected).map(
    ([reason, times]) =>
      `${number(times)} ${times === 1 ? 'event' : 'events'} of the sample would be quarantined, and ${times === 1 ? 'is' : 'are'} left out of the folder: ${reason}`,
  );
  const all = [...enclosed, ...rejections, ...design.doubts];
  return all.length === 0 ? [] : ['Check these guesses:', ...all.map((doubt) => `  - ${doubt}`), ''];
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
