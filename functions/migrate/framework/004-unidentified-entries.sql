-- Entries of events that could not be decoded have no event id. When a newer build decodes one after all, be it delivered
-- again or put back, its bytes tell which entry it is.
ALTER TABLE event_processor.quarantine
  ADD COLUMN payload_hash bytea NOT NULL GENERATED ALWAYS AS (sha256(payload)) STORED,
  -- When somebody last began to put the payload back: before it is on the stream, while redriven_at comes after.
  ADD COLUMN redrive_began_at timestamptz;

CREATE INDEX quarantine_unidentified ON event_processor.quarantine (function_name, payload_hash)
  WHERE event_id IS NULL AND applied_at IS NULL;

-- Every write asks whether one of them was put back lately.
CREATE INDEX quarantine_unidentified_redrive ON event_processor.quarantine (function_name, redrive_began_at)
  WHERE event_id IS NULL AND applied_at IS NULL AND redrive_began_at IS NOT NULL;
