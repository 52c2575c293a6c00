/**
 * What the processor is invoked with to try the entries that wait for what was missing, where no record comes behind which it
 * would: a batch without records.
 */
export const TRY_WAITING_ENTRIES = JSON.stringify({ Records: [] });
