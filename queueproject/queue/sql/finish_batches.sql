-- A sealed batch without an open job ends; asked in its own statement, while its row is locked by the caller.
-- Index: job_in_batch, batch_job_once.
UPDATE queue_batch b SET
    state = CASE
        WHEN b.cancelled_by <> '' OR (b.cancelled_units > 0 AND b.completed_units + b.failed_units = 0) THEN 'cancelled'
        WHEN b.failed_units = 0 THEN 'completed'
        WHEN b.completed_units = 0 THEN 'failed'
        ELSE 'completed_with_errors' END,
    finished_at = statement_timestamp(), finishes = finishes + 1, seen = false
WHERE b.id = ANY (%(ids)s::bigint[]) AND b.sealed AND b.state = 'running'
  AND NOT EXISTS (
      SELECT FROM queue_job j
      WHERE j.batch_id = b.id AND j.state IN ('pending', 'scheduled', 'rate_limited', 'processing'))
  AND NOT EXISTS (SELECT FROM queue_batchjob s WHERE s.batch_id = b.id AND NOT s.counted)
RETURNING b.id, b.state, b.finish_kind, b.finishes, b.actor
