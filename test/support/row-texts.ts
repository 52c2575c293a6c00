import type { RowLists } from '../../processor/project/row-lists.ts';
import { parameterText } from '../../data-api/statement-body.ts';

/** The rows of one item, per list: their JSON texts joined by commas, empty where it has none. */
export function rowTexts(rows: RowLists, item: number, lists: readonly number[]): string[] {
  return lists.map((list) => parameterText(rows.read(list, item, item)).slice(1, -1));
}
