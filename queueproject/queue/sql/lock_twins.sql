-- The live twins of these keys, locked in id order.
-- Indexes: job_one_live_per_key, primary key, by array: in id order at once it would be read by its number, whole.
SELECT id, dedupe_key, state, priority, batch_id, units,
       (SELECT b.paused FROM queue_batch b WHERE b.id = batch_id) AS owner_paused
FROM queue_job
WHERE id = ANY (ARRAY(
    SELECT id FROM queue_job
    WHERE dedupe_key = ANY (%(keys)s::text[]) AND state IN ('pending', 'scheduled', 'rate_limited', 'processing')))
  AND state IN ('pending', 'scheduled', 'rate_limited', 'processing')
ORDER BY id
FOR NO KEY UPDATE
