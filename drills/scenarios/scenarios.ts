import { FAILING_SCENARIOS } from './failing-scenarios.ts';
import { LIFE_CYCLE_SCENARIOS } from './life-cycle-scenarios.ts';
import { NOTICE_SCENARIOS } from './notice-scenarios.ts';
import { QUIET_SCENARIOS } from './quiet-scenarios.ts';
import type { Scenario } from './scenario.ts';
import { SET_ASIDE_SCENARIOS } from './set-aside-scenarios.ts';
import { STOPPED_SCENARIOS } from './stopped-scenarios.ts';

/** Every scenario, in the order in which they are told. */
export const SCENARIOS: readonly Scenario[] = [
  ...LIFE_CYCLE_SCENARIOS,
  ...QUIET_SCENARIOS,
  ...STOPPED_SCENARIOS,
  ...FAILING_SCENARIOS,
  ...SET_ASIDE_SCENARIOS,
  ...NOTICE_SCENARIOS,
];
