-- Rows of running batches that were held while staff resumed their batch come back, as unhold_batch would have done.
-- Indexes: job_held, job_in_batch, primary key.
UPDATE queue_job SET held = CASE WHEN b.max_in_flight IS NOT NULL THEN 'in_flight' END
FROM queue_batch b
WHERE b.id = queue_job.batch_id AND NOT b.paused AND queue_job.id = ANY (ARRAY(
    SELECT j.id FROM queue_batch r
    JOIN queue_job j ON j.batch_id = r.id AND j.state IN ('pending', 'scheduled', 'rate_limited') AND j.held = 'paused'
    WHERE r.id = ANY (%(batches)s::bigint[]) AND NOT r.paused
    LIMIT %(most)s
    FOR NO KEY UPDATE OF j SKIP LOCKED
))
