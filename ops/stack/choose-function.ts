import {
  functionFolder,
  functionNames,
  unknownFunctionProblem,
  type FunctionFolder,
} from '../../build/function-folder.ts';
import { UsageError } from '../../command-line/usage-error.ts';

/**
 * Finds the folder of the function that a stack runs: the one that was named, or the one that the stack is named after.
 *
 * @param named with `--function`
 * @throws {@link UsageError} when there is no such folder, or none that fits
 */
export async function chooseFunction(named: string | undefined, stackName: string): Promise<FunctionFolder> {
  if (named !== undefined) {
    const problem = await unknownFunctionProblem('--function', named);
    if (problem !== undefined) throw new UsageError([problem]);
    return functionFolder(named);
  }
  const names = await functionNames();
  const [name] = names.filter((one) => stackName.startsWith(`${one}-`)).sort((one, other) => other.length - one.length);
  if (name !== undefined) return functionFolder(name);
  throw new UsageError([
    `missing \`--function\`: pass the folder of the function that ${stackName} runs; the stack's name begins with no folder of functions/`,
  ]);
}
