import { Command, Option } from 'commander';
import { describe, expect, it, vi } from 'vitest';
import { integerOption } from '../../../command-line/integer-option.ts';
import { parseCommandLine, runSubcommand } from '../../../command-line/parse-command-line.ts';
import { UsageError } from '../../../command-line/usage-error.ts';

interface Options {
  readonly size?: number;
  readonly kind?: string;
  readonly file?: string;
}

function createCommand(): Command {
  return new Command('make')
    .addOption(integerOption('--size <n>', 'how many', { min: 1, max: 9 }).default(3))
    .addOption(new Option('--kind <kind>', 'which').choices(['plain', 'fancy']))
    .option('--file <path>', 'where to');
}

const ALL_WRONG = ['--size', '0', '--nonsense', '--kind', 'odd'];
const PROBLEMS = [
  '`--size` must be an integer from 1 to 9, got "0"',
  '`--kind` must be one of plain, fancy, got "odd"',
  "unknown option '--nonsense'; --help lists the options",
];

describe('parseCommandLine', () => {
  it('returns what was given, and the defaults', () => {
    expect(parseCommandLine<Options>(createCommand(), ['--size', '9', '--kind', 'plain'])).toEqual({
      size: 9,
      kind: 'plain',
    });
    expect(parseCommandLine<Options>(createCommand(), [])).toEqual({ size: 3 });
  });

  it('reports everything at once: values, unknown options, and what the options are together', () => {
    const check = ({ file }: Options) => (file === undefined ? ['`--file` must be given'] : []);
    const parse = () => parseCommandLine<Options>(createCommand(), ALL_WRONG, check);
    expect(parse).toThrow(new UsageError([...PROBLEMS, '`--file` must be given']));
  });

  it('reports an option that lacks its value, and arguments that nobody asked for', () => {
    expect(() => parseCommandLine(createCommand(), ['--file'])).toThrow(
      "option '--file <path>' argument missing; --help lists the options",
    );
    expect(() => parseCommandLine(createCommand(), ['more'])).toThrow(/^too many arguments/);
  });
});

describe('runSubcommand', () => {
  const createProgram = (action: (options: Options) => void) => {
    const command = createCommand().action(action);
    return new Command('program').addCommand(command);
  };

  it('runs the action of the command that was named, and throws what it throws', async () => {
    const action = vi.fn();
    await runSubcommand(createProgram(action), ['make', '--size', '4']);
    expect(action.mock.calls[0]?.[0]).toEqual({ size: 4 });
    const failing = createProgram(() => {
      throw new RangeError('no');
    });
    await expect(runSubcommand(failing, ['make'])).rejects.toThrow(RangeError);
  });

  it('runs nothing when a value is wrong, and reports everything at once', async () => {
    const action = vi.fn();
    await expect(runSubcommand(createProgram(action), ['make', ...ALL_WRONG])).rejects.toMatchObject({
      problems: PROBLEMS,
    });
    await expect(runSubcommand(createProgram(action), ['make', '--size', '0'])).rejects.toMatchObject({
      problems: [PROBLEMS[0]],
    });
    expect(action).not.toHaveBeenCalled();
  });

  it('asks for a command where there is none, or an unknown one', async () => {
    await expect(runSubcommand(createProgram(vi.fn()), [])).rejects.toThrow(
      'missing command; --help lists the commands',
    );
    await expect(runSubcommand(createProgram(vi.fn()), ['break'])).rejects.toThrow(/^unknown command 'break'/);
  });
});
