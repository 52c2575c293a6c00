/** A module that fails while it loads: an error of the init phase. */
throw new RangeError('cannot load');
export const handler = (): null => null;
