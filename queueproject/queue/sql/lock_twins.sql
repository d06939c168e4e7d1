-- The live twins of these keys, locked in id order.
-- Index: job_one_live_per_key.
SELECT id, dedupe_key, state, priority, batch_id, units FROM queue_job
WHERE dedupe_key = ANY (%(keys)s::text[]) AND state IN ('pending', 'scheduled', 'rate_limited', 'processing')
ORDER BY id
FOR NO KEY UPDATE
