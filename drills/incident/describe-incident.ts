import { describeDuration } from '../../progress/plain-words.ts';
import type { DrainFigures, IncidentReport, IncidentSize } from './incident-report.ts';
import { describeCount, hang } from './narrator.ts';

/** What is scaled in the story, and what is not. */
export function describeScale(size: IncidentSize): readonly string[] {
  const { arrivalPerSecond, scale, downSeconds, dataApiLatencyMs, lanes } = size;
  return [
    `The incident: ${arrivalPerSecond} records a second arrive, and the consumer is down for ${describeDuration(downSeconds)}.`,
    ...hang(
      '  scaled      ',
      `one record stands for ${scale} of the incident: ${arrivalPerSecond / scale} a second arrive here`,
    ),
    ...hang(
      '  not scaled  ',
      `stream time, the alarms of stage prod, the bundles of processor and watchdog, ${lanes} lanes, ` +
        `${dataApiLatencyMs} ms a Data API call`,
    ),
    ...hang(
      '  real        ',
      'PostgreSQL, the Kinesis emulator, execution environments; their clocks are moved forward, so that days pass',
    ),
  ];
}

/** What the story comes to. */
export function describeIncident(report: IncidentReport): readonly string[] {
  const { page, arrivalPerSecond, ours, perEvent, wrongTables } = report;
  const backlog = describeCount(arrivalPerSecond * report.downSeconds);
  return [
    '',
    ...hang('Paged       ', describePage(page)),
    ...hang('Complete    ', describeTables(report, wrongTables)),
    ...hang('This code   ', `${describePace(ours)}; ${describeCatchUp(ours)}`),
    ...hang('One by one  ', `${describePace(perEvent)}; ${describeCatchUp(perEvent)}`),
    ...hang('            ', `In the incident: 130 records a second, and two more days.`),
    ...hang('Derived     ', `to catch up = ${backlog} records / (pace - ${arrivalPerSecond} arriving a second)`),
    ...hang('Picture     ', report.picture),
  ];
}

function describePage(page: IncidentReport['page']): string {
  if (page === null) return 'nobody';
  const { alarm, minutesAfterStop, resolvedMinutesAfterRestart } = page;
  const over =
    resolvedMinutesAfterRestart === null
      ? 'not over yet'
      : `over ${resolvedMinutesAfterRestart} minutes after the restart`;
  return `${alarm}, ${minutesAfterStop} minutes of stream time after the stop; ${over}`;
}

function describeTables({ records }: IncidentReport, wrong: readonly string[]): string {
  const count = `${describeCount(records)} records`;
  if (wrong.length > 0) return `no: of ${count}, ${wrong.join(', ')} do not hold what they should`;
  return `${count}, each in effect once in all three tables`;
}

function describePace({ records, seconds, recordsPerSecond }: DrainFigures): string {
  return `${describeCount(records)} records in ${describeDuration(seconds)}, ${describeCount(recordsPerSecond)} a second`;
}

function describeCatchUp({ catchUpSeconds }: DrainFigures): string {
  if (catchUpSeconds === null) return 'the backlog of the incident would grow for ever';
  return `the backlog of the incident would take ${describeDuration(catchUpSeconds)}`;
}
