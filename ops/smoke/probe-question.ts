import { PutRecordCommand, type KinesisClient } from '@aws-sdk/client-kinesis';
import { openAudit, type OpenAudit } from '../../build/open-audit.ts';
import type { AuditedItem } from '../../contract/audited-item.ts';
import { settled, unknown, wrong, type Answer, type ProbeEvent, type Question, type SmokeContext } from './question.ts';

/** A cold start, a database that wakes up and a batch window, twice. */
const EFFECT_WAIT_MS = 180_000;
const LOOK_EVERY_MS = 2_000;

/** What no record has: nothing is found at this place. */
const NO_PLACE = { shardId: 'shardId-none', sequenceNumber: '0' } as const;

interface Place {
  readonly shardId: string;
  readonly sequenceNumber: string;
}

/** Puts one event on the stream of the target. */
export async function putProbe(
  kinesis: KinesisClient,
  streamArn: string,
  { partitionKey, data }: ProbeEvent,
): Promise<Place> {
  const command = new PutRecordCommand({ StreamARN: streamArn, PartitionKey: partitionKey, Data: data });
  const { ShardId = '', SequenceNumber = '' } = await kinesis.send(command);
  return { shardId: ShardId, sequenceNumber: SequenceNumber };
}

/** Whether events that go in come out as rows, and those that go in twice once. */
export const probe: Question = {
  name: 'probe',
  question: 'Does each event become rows, and have one effect when sent twice?',
  changes: true,
  isForLocal: true,
  answer: async (context) => {
    const { target, folder, probes } = context;
    if (probes.length === 0) return unknown('no events to send: pass `--events FILE` with harmless ones');
    await using audit = await openAudit(folder, target.execute);
    const before = await inTurn(probes, (one) => look(audit, one, NO_PLACE));
    const known = before.flat().filter(({ fate }) => fate === 'in-effect').length;
    const kinesis = await target.client('kinesis');
    const sent: (readonly [ProbeEvent, Place])[] = [];
    for (const one of [...probes, ...probes])
      sent.push([one, await putProbe(kinesis, target.stack.outputs.StreamArn, one)]);
    return judgeProbes(await awaitEffect(audit, sent, context), { records: sent.length, known });
  },
};

async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

function look(
  audit: OpenAudit,
  { partitionKey, data }: ProbeEvent,
  { shardId, sequenceNumber }: Place,
): Promise<readonly AuditedItem[]> {
  const kinesis = {
    sequenceNumber,
    partitionKey,
    data: Buffer.from(data).toString('base64'),
    approximateArrivalTimestamp: Date.now() / 1000,
  };
  return audit.audit([{ eventID: `${shardId}:${sequenceNumber}`, kinesis }], [true]);
}

async function awaitEffect(
  audit: OpenAudit,
  sent: readonly (readonly [ProbeEvent, Place])[],
  { clock, signal, progress }: SmokeContext,
): Promise<readonly AuditedItem[]> {
  const deadlineMs = clock.now() + EFFECT_WAIT_MS;
  for (;;) {
    const items = (await inTurn(sent, ([event, place]) => look(audit, event, place))).flat();
    const open = items.filter(({ fate }) => fate === 'nowhere').length;
    if (open === 0 || signal.aborted || clock.now() > deadlineMs) return items;
    progress(`waiting for ${open} of ${items.length} events to come into effect`);
    await clock.sleep(LOOK_EVERY_MS);
  }
}

/** What the probes came to. */
export function judgeProbes(
  items: readonly AuditedItem[],
  { records, known }: { readonly records: number; readonly known: number },
): Answer {
  const fates = new Map<string, number>();
  for (const { fate, reason } of items) {
    const name = reason === null ? fate : `${fate} (${reason})`;
    fates.set(name, (fates.get(name) ?? 0) + 1);
  }
  const faults = items.flatMap((item) =>
    item.faults.map(({ kind, table }) => `${item.eventId ?? 'an event'}: ${kind} ${table ?? ''}`.trim()),
  );
  const evidence = [
    `${records} records were put, each event twice: ${[...fates].map(([fate, count]) => `${count} ${fate}`).join(', ')}`,
    ...(known > 0
      ? [`${known} of the events were in effect before, so they show only that a repeat changes nothing`]
      : []),
    ...faults,
  ];
  if (faults.length > 0) return wrong('rows do not match the events', evidence);
  if (items.some(({ fate }) => fate === 'nowhere'))
    return wrong('events were not processed within three minutes', evidence);
  if (items.some(({ fate }) => fate !== 'in-effect' && fate !== 'skipped'))
    return wrong('events were rejected', evidence);
  if (items.every(({ fate }) => fate === 'skipped')) return unknown('the projection skips all of the events', evidence);
  return settled('each event is in effect once, with its rows', evidence);
}
