import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take long, though they are short: started last, one of them would run alone in the end. */
const LONG = [
  'chaos/chaos-mutations',
  'local/broken-function',
  'local/local-program',
  'drills/live',
  'chaos/chaos-runs',
  'crashes/killer-records',
  'incident/incident',
  'infra/drill',
  'infra/diff-command',
  'page/page-world',
];

/** Starts with the files that take longest, so that all workers end at about the same time. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = LONG.findIndex((name) => moduleId.endsWith(`${name}.test.ts`));
      return index < 0 ? LONG.length : index;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
