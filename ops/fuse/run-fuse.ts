import type { OpsConsole } from '../ops-console.ts';
import type { Target } from '../stack/open-target.ts';
import type { FuseOptions } from './fuse-command.ts';
import type { HeldBuild } from './held-builds.ts';
import { allowHeldBuilds, listHeldBuilds } from './held-builds.ts';

/** Lists what is held, or lets it into the quarantine. */
export async function runFuse(
  { execute }: Pick<Target, 'execute'>,
  options: Omit<FuseOptions, 'stack' | 'region' | 'local'>,
  { say }: Pick<OpsConsole, 'say'>,
): Promise<void> {
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
      ? 'Rejected events that have arrived so far may now be quarantined; Lambda redelivers them by itself.'
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
