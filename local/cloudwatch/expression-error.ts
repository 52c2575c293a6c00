/** A formula or an alarm rule that cannot be used, and where. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';

  /**
   * Says what is wrong at a place.
   *
   * @param problem what was found and what was expected
   * @param position of the first character in question, counted from 0, as CloudWatch counts in its messages
   */
  constructor(problem: string, position: number) {
    super(`${problem}, at character ${position}`);
  }
}
