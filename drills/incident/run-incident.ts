import { writeFile } from 'node:fs/promises';
import pg from 'pg';
import { ownFunctionFolder } from '../../build/function-folder.ts';
import { CloudWatchWorld } from '../../local/cloudwatch/cloudwatch-world.ts';
import { flightsExample } from '../../local/examples/flights-example.ts';
import { digestSql, expectedDigests, VERIFIED_TABLES, type TableDigest } from '../../local/examples/table-digest.ts';
import type { LiveDeployment } from '../../local/live/live-deployment.ts';
import { startLiveWorld, type LiveWorld } from '../../local/live/live-world.ts';
import type { TextEvent } from '../../local/input/event-input.ts';
import type { Screen } from '../../command-line/screen.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { livePlan } from '../live/live-plan.ts';
import { synthesizeLiveStack } from '../live/live-stack.ts';
import { describeIncident, describeScale } from './describe-incident.ts';
import { drawAges } from '../../progress/draw-ages.ts';
import { incidentChart } from './incident-chart.ts';
import { drainFigures, pageFigures, type IncidentReport, type IncidentSize } from './incident-report.ts';
import { IncidentStory, type StoryFacts } from './incident-story.ts';
import { measurePerEvent } from './measure-per-event.ts';

/** How the incident is played. */
export interface IncidentOptions {
  /** How long the consumer is down, in hours of stream time. */
  readonly downHours: number;
  /** File that gets the picture. */
  readonly picture: string;
  /** File that gets the report as JSON. */
  readonly report: string | undefined;
}

/** Records that arrived each second. */
const ARRIVAL_PER_SECOND = 65;

/** Milliseconds that a Data API call takes in region, added to what it takes here. */
const DATA_API_LATENCY_MS = 17;

/** Records of the incident that one record here stands for. */
const SCALE = 100;

const SAMPLE_MS = 6_000;

/** More than anybody handles one by one while the sample lasts. */
const SAMPLE_EVENTS = 4_000;

/** What the parts of the story share. */
interface Stage {
  /** As its template has it. */
  readonly template: Deployment;
  readonly world: LiveWorld;
  readonly deployment: LiveDeployment;
  readonly size: IncidentSize;
  /** Every event that was put on the stream, in order. */
  readonly arrived: TextEvent[];
  readonly screen: Screen;
  readonly signal: AbortSignal;
}

/**
 * Plays the incident that this project exists for, on everything that runs on AWS and also here, under a virtual clock:
 * tells it in stream time, and draws a picture of it.
 *
 * @returns whether it went as it should: somebody was paged, and nothing is missing at the end
 */
export async function runIncident(options: IncidentOptions, screen: Screen, signal: AbortSignal): Promise<boolean> {
  try {
    const report = await playIncident(options, screen, signal);
    return report.page !== null && report.wrongTables.length === 0;
  } catch (error) {
    if (!signal.aborted) throw error;
    screen.say('Interrupted before the end of the story.');
    return false;
  }
}

async function playIncident(options: IncidentOptions, screen: Screen, signal: AbortSignal): Promise<IncidentReport> {
  screen.update('synthesizing the stack and bundling its functions …');
  const { deployment: template, code } = await synthesizeLiveStack('prod');
  const plan = livePlan(template, code);
  screen.update('starting PostgreSQL and the Kinesis emulator …');
  await using world = await startLiveWorld({ folder: ownFunctionFolder('flights'), example: flightsExample });
  const deployment = await world.deploy(plan);
  const { downHours, picture } = options;
  deployment.dataApi.setLatencyMs(DATA_API_LATENCY_MS);
  const size: IncidentSize = {
    arrivalPerSecond: ARRIVAL_PER_SECOND,
    scale: SCALE,
    downSeconds: downHours * 3600,
    dataApiLatencyMs: DATA_API_LATENCY_MS,
    lanes: plan.shardCount * (plan.mapping.parallelizationFactor ?? 1),
  };
  for (const line of describeScale(size)) screen.say(line);
  const stage: Stage = { template, world, deployment, size, arrived: [], screen, signal };
  const facts = await playStory(stage);
  const report = await createReport(stage, facts, picture);
  await writeFile(picture, drawAges(incidentChart(report, facts)));
  if (options.report !== undefined) await writeFile(options.report, `${JSON.stringify(report, null, 2)}\n`);
  for (const line of describeIncident(report)) screen.say(line);
  return report;
}

async function playStory({ template, world, deployment, size, arrived, screen, signal }: Stage): Promise<StoryFacts> {
  const { accountId, topics } = template;
  const cloudwatch = new CloudWatchWorld({ startMs: await world.beginMinute(), accountId, topics });
  const input = await flightsExample.input();
  const story = new IncidentStory({
    world,
    deployment,
    cloudwatch,
    template,
    screen,
    events: remember(input.events(), arrived),
    recordsPerMinute: (60 * size.arrivalPerSecond) / size.scale,
    scale: size.scale,
    downMinutes: size.downSeconds / 60,
    signal,
  });
  return story.play();
}

async function createReport(stage: Stage, facts: StoryFacts, picture: string): Promise<IncidentReport> {
  const { world, deployment, size, arrived, screen, signal } = stage;
  const { plan } = deployment;
  screen.update('measuring one event at a time …');
  const { dataApiLatencyMs } = size;
  const events = arrived.slice(0, SAMPLE_EVENTS);
  await world.clock.run();
  const sample = await measurePerEvent(world, { plan, events, dataApiLatencyMs, sampleMs: SAMPLE_MS, signal });
  return {
    ...size,
    records: arrived.length,
    backlogRecords: facts.backlogRecords,
    page: pageFigures(facts),
    ours: drainFigures({ records: facts.backlogRecords, seconds: facts.catchUpSeconds }, size),
    perEvent: drainFigures(sample, size),
    wrongTables: await wrongTables(deployment.databaseUrl, arrived),
    picture,
  };
}

function* remember(events: Iterable<TextEvent>, arrived: TextEvent[]): Generator<TextEvent> {
  for (const event of events) {
    arrived.push(event);
    yield event;
  }
}

/** Tables that do not hold what these events make of them, one event once. */
async function wrongTables(databaseUrl: string, events: readonly TextEvent[]): Promise<readonly string[]> {
  const expected = expectedDigests(events);
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const wrong: string[] = [];
    for (const table of VERIFIED_TABLES) {
      const [found] = (await client.query<TableDigest>(digestSql(table))).rows;
      if (found?.rows !== expected[table].rows || found.sum !== expected[table].sum) wrong.push(table);
    }
    return wrong;
  } finally {
    await client.end();
  }
}
