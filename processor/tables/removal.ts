/** Mark of a removal, in the cell behind a row's columns. */
export const REMOVAL_MARK = '-';

/** A row to be deleted, as `remove` of a projection names it. */
export class Removal<Row extends object = object> {
  // A plain row with a column of this name is no removal, to TypeScript either.
  readonly #row: Row;

  /**
   * Keeps what the row is found and compared by.
   *
   * @param row values of its key and version
   */
  constructor(row: Row) {
    this.#row = row;
  }

  /** Values of the key and version columns. */
  get row(): Row {
    return this.#row;
  }
}
