import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { createPatientExecute } from '../../data-api/retry-transient.ts';
import { completeDatabaseOptions, PATIENCE } from '../stack/database-options.ts';
import type { OpsConsole } from '../ops-console.ts';
import { openStack } from '../stack/open-stack.ts';
import { clientConfiguration } from '../stack/stack-options.ts';
import type { FuseOptions } from './fuse-command.ts';
import type { HeldBuild } from './held-builds.ts';
import { allowHeldBuilds, listHeldBuilds } from './held-builds.ts';

/**
 * Lists what is held, or lets it into the quarantine.
 *
 * @throws {@link UsageError} naming every option that is missing, or the stack that is not there
 */
export async function runFuse(options: FuseOptions, { say }: Pick<OpsConsole, 'say'>): Promise<void> {
  await using clients = new AsyncDisposableStack();
  const target = completeDatabaseOptions(options, await openStack(options, clients));
  const client = new RDSDataClient({ ...clientConfiguration(options), maxAttempts: 1 });
  clients.defer(() => {
    client.destroy();
  });
  const execute = createPatientExecute({ client, ...target }, PATIENCE);
  const builds = await (options.allow ? allowHeldBuilds : listHeldBuilds)(execute, options);
  if (options.json) say(JSON.stringify({ isAllowed: options.allow, builds }, null, 2));
  else for (const line of describeHeldBuilds(builds, options.allow)) say(line);
}

/** Lines for a person: one build after the other, and what can be done. */
export function describeHeldBuilds(builds: readonly HeldBuild[], isAllowed: boolean): string[] {
  if (builds.length === 0) return ['No build is held.'];
  return [
    ...builds.flatMap(describeBuild),
    isAllowed
      ? 'What has arrived by now may go to the quarantine; Lambda delivers it again by itself.'
      : 'Roll back, or deploy a build that accepts these events. If they really are bad, add --allow to quarantine them.',
  ];
}

function describeBuild(held: HeldBuild): string[] {
  const { functionName, build, heldSince, isBlown, rejected, events, reason, detail, buildThatWrites } = held;
  return [
    `${functionName}, build ${build}: held since ${heldSince}, ${isBlown ? 'fuse blown' : 'too few events seen to tell'}`,
    `  ${rejected} of ${events} events would be quarantined, from ${held.shardId} ${held.sequenceNumber} on`,
    `  for example ${reason}: ${detail.replaceAll(/\s+/g, ' ')}`,
    ...(buildThatWrites === null
      ? []
      : [`  ${buildThatWrites === build ? 'this build' : `build ${buildThatWrites}`} has written events since`]),
  ];
}
