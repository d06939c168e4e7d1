-- The metered lanes a claim will spend from, one claimer at a time; a busy lane is passed over.
-- Indexes: primary key, token_ratio_once.
SELECT key, max_in_flight, max_concurrent_workers, rate_factor, probing, clock,
       (SELECT jsonb_object_agg(r.kind, r.actual / r.estimated) FROM queue_tokenratio r WHERE r.provider_id = key) AS ratios
FROM queue_provider
WHERE key = ANY (%(lanes)s)
  AND paused_at IS NULL
  AND (blocked_until IS NULL OR blocked_until <= statement_timestamp())
ORDER BY key
FOR NO KEY UPDATE SKIP LOCKED
