import type { ChaosBuild } from '../chaos-builds.ts';
import type { PlannedIncident } from '../chaos-plan.ts';
import { executePatiently } from '../world/chaos-database.ts';
import type { ChaosWorld } from '../world/chaos-world.ts';
import { giveBack, revoke } from '../world/processor-role.ts';

/** What an incident happens to. */
export interface IncidentScene {
  readonly world: ChaosWorld;
  /** For a user who may do anything. */
  readonly databaseUrl: string;
  /** Path of a build's `index.mjs`. */
  readonly bundlePath: (build: ChaosBuild) => Promise<string>;
}

/**
 * Makes an incident begin.
 *
 * @returns what takes it back
 */
export async function beginIncident(
  incident: PlannedIncident,
  { world, databaseUrl, bundlePath }: IncidentScene,
): Promise<() => Promise<void>> {
  switch (incident.kind) {
    case 'bad-deploy': {
      const [bad, next] = [await bundlePath(incident.build), await bundlePath(incident.then)];
      world.function.deploy(bad);
      return () => {
        world.function.deploy(next);
        return Promise.resolve();
      };
    }
    case 'missing-grant':
      await executePatiently(databaseUrl, revoke(incident.grant));
      return () => executePatiently(databaseUrl, giveBack(incident.grant));
  }
}
