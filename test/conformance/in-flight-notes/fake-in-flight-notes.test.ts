import { FakeInFlightNotes } from '../../support/fake-in-flight-notes.ts';
import { describeInFlightNotes } from './in-flight-notes-suite.ts';

describeInFlightNotes('in memory', () => {
  const notes = new FakeInFlightNotes(() => 0);
  return Promise.resolve({
    of: (processId) => notes.of(processId),
    quarantine: (sequenceNumber, reason) => {
      if (reason === 'kills-function') notes.quarantined.add(sequenceNumber);
      return Promise.resolve();
    },
    clear: () => {
      notes.rows.clear();
      notes.quarantined.clear();
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  });
});
