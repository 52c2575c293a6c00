import { parseArgs } from 'node:util';

/** What a comparison takes from the command line of a deployment; everything else is for the CDK. */
export interface DeployOptions {
  /** The options that decide what is synthesized and where it goes. */
  readonly forSynthesis: readonly string[];
  readonly profile: string | undefined;
  readonly region: string | undefined;
  /** Logical ids of what may be replaced or taken away, of `-c allowReplacement=...`. */
  readonly allowed: ReadonlySet<string>;
}

const OPTIONS = {
  context: { type: 'string', short: 'c', multiple: true },
  profile: { type: 'string' },
  region: { type: 'string' },
} as const;

const ALLOW = 'allowReplacement=';

/** Picks the options of a comparison from those of `cdk deploy`. */
export function readDeployOptions(args: readonly string[]): DeployOptions {
  // Options of the CDK that are not known here are passed over, with what follows them.
  const { values } = parseArgs({ args: [...args], options: OPTIONS, strict: false, allowPositionals: true });
  const context = (values.context ?? []).map(String);
  const profile = textOf(values.profile);
  const region = textOf(values.region);
  return {
    forSynthesis: [
      ...context.flatMap((entry) => ['--context', entry]),
      ...(profile === undefined ? [] : ['--profile', profile]),
      ...(region === undefined ? [] : ['--region', region]),
    ],
    profile,
    region,
    allowed: new Set(
      context.filter((entry) => entry.startsWith(ALLOW)).flatMap((entry) => entry.slice(ALLOW.length).split(',')),
    ),
  };
}

function textOf(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
