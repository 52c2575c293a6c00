import { Command } from 'commander';
import { addTargetOptions, examples, type TargetOptions } from '../stack/target-options.ts';
import type { HeldBuildFilter } from './held-builds.ts';

/** What `npm run ops -- fuse` is asked to do. */
export interface FuseOptions extends HeldBuildFilter, TargetOptions {
  readonly allow: boolean;
}

/**
 * Describes the subcommand to commander.
 *
 * @param action gets the options once they are sound
 */
export function createFuseCommand(action: (options: FuseOptions) => Promise<void>): Command {
  return addTargetOptions(new Command('fuse'))
    .description(
      'List the builds whose rejected events are held; with --allow, quarantine those that have arrived so far.',
    )
    .option('--allow', 'the events really are bad: quarantine them (without it, nothing changes)', false)
    .option('--function <name>', 'only builds of this function')
    .option('--build <hash>', 'only this build')
    .addHelpText('after', examples('fuse --stack flights-prod', 'fuse --stack flights-prod --allow'))
    .action(async ({ function: functionName, build, ...options }: FuseOptions & { readonly function?: string }) => {
      await action({ ...options, functionName, build });
    });
}
