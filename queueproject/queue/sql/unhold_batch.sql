-- A chunk of a resumed batch's rows comes back; a batch with a limit in flight lets out only what fits, later.
-- Indexes: job_held, in its order; for few also job_in_batch; primary key.
UPDATE queue_job SET held = CASE WHEN b.max_in_flight IS NOT NULL THEN 'in_flight' END
FROM queue_batch b
WHERE b.id = %(batch)s AND queue_job.id = ANY (ARRAY(
    SELECT id FROM queue_job
    WHERE batch_id = %(batch)s AND state IN ('pending', 'scheduled', 'rate_limited') AND held = 'paused'
    ORDER BY sort_key, id
    LIMIT %(most)s
    FOR NO KEY UPDATE SKIP LOCKED
))
