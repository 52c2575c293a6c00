import type { Scenario } from './scenario.ts';
import { backlog } from './scenarios/backlog.ts';
import { coldStart } from './scenarios/cold-start.ts';
import { cpuFloor } from './scenarios/cpu-floor.ts';
import { cost } from './scenarios/cost.ts';
import { databaseFloor } from './scenarios/database-floor.ts';
import { dataApiLoad } from './scenarios/data-api-load.ts';
import { direct } from './scenarios/direct.ts';
import { growth } from './scenarios/growth.ts';
import { hotCounter } from './scenarios/hot-counter.ts';
import { memory } from './scenarios/memory.ts';
import { mix } from './scenarios/mix.ts';
import { ours } from './scenarios/ours.ts';
import { planned } from './scenarios/planned.ts';
import { remainingTime } from './scenarios/remaining-time.ts';
import { shardLimit } from './scenarios/shard-limit.ts';
import { batchExecute, perEvent, powertoolsBatch } from './scenarios/peers.ts';

/** All scenarios, in the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [
  ours,
  direct,
  batchExecute,
  powertoolsBatch,
  perEvent,
  cpuFloor,
  databaseFloor,
  cost,
  coldStart,
  memory,
  backlog,
  remainingTime,
  mix,
  hotCounter,
  shardLimit,
  planned,
  growth,
  dataApiLoad,
];
