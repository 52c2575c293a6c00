import type { DeploymentResult } from '../drill-template.ts';
import type { Outcome } from '../drill-deployment.ts';

const MARKS: Readonly<Record<Outcome, string>> = { fired: 'X', allowed: 'o', quiet: '.', wrong: '!' };

const LEGEND = 'X fires, as required   o fires, which is allowed   . quiet   ! wrong';

const WIDTH = 80;

/** Every scenario by every alarm, at most 80 columns wide: the alarms have a letter each, which is explained below. */
export function matrixLines({ alarms, scenarios }: DeploymentResult): readonly string[] {
  const letters = alarms.map((_, index) => letterOf(index));
  const nameWidth = Math.max(...scenarios.map(({ name }) => name.length));
  // A space between letters wherever the line is long enough for it.
  const gap = nameWidth + 2 + 2 * alarms.length <= WIDTH ? ' ' : '';
  const row = (name: string, cells: readonly string[]): string => `${name.padEnd(nameWidth)}  ${cells.join(gap)}`;
  return [
    row('', letters),
    ...scenarios.map(({ name, notPlayed, outcomes }) =>
      row(name, notPlayed === undefined ? alarms.map((id) => MARKS[outcomes.get(id) ?? 'quiet']) : ['(not played)']),
    ),
    '',
    LEGEND,
    ...columns(alarms.map((id, index) => `${letterOf(index)} ${id}`)),
  ];
}

/** a to z, then A to Z. */
function letterOf(index: number): string {
  const letter = String.fromCodePoint(97 + (index % 26));
  return index < 26 ? letter : letter.toUpperCase();
}

function columns(texts: readonly string[]): readonly string[] {
  const width = Math.max(...texts.map(({ length }) => length)) + 2;
  const perLine = Math.max(1, Math.floor(WIDTH / width));
  const lines: string[] = [];
  for (let index = 0; index < texts.length; index += perLine)
    lines.push(
      texts
        .slice(index, index + perLine)
        .map((text) => text.padEnd(width))
        .join('')
        .trimEnd(),
    );
  return lines;
}
