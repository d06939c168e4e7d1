-- The metered lanes a claim will spend from, one claimer at a time; a busy lane is passed over.
-- Index: primary key.
SELECT key, max_in_flight, max_concurrent_workers, rate_factor, probing, clock
FROM queue_provider
WHERE key = ANY (%(lanes)s)
  AND paused_at IS NULL
  AND (blocked_until IS NULL OR blocked_until <= statement_timestamp())
ORDER BY key
FOR NO KEY UPDATE SKIP LOCKED
