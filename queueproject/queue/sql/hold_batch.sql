-- A chunk of a paused batch's waiting rows steps out of the claim's index: those not held, and those held as too many.
-- Indexes: job_in_batch, job_held, primary key.
UPDATE queue_job SET held = 'paused'
WHERE id = ANY (ARRAY(
    SELECT id FROM queue_job
    WHERE batch_id = %(batch)s AND state IN ('pending', 'scheduled', 'rate_limited') AND held IS NULL
    LIMIT %(most)s
    FOR NO KEY UPDATE SKIP LOCKED
) || ARRAY(
    SELECT id FROM queue_job
    WHERE batch_id = %(batch)s AND state IN ('pending', 'scheduled', 'rate_limited') AND held = 'in_flight'
    LIMIT %(most)s
    FOR NO KEY UPDATE SKIP LOCKED
))
