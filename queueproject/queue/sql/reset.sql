-- Staff take processing jobs away from whoever holds them; they wait again, rank kept, attempt given back.
-- Indexes: primary key, by array, or job_worker, which holds no more than runs.
UPDATE queue_job j SET
    state = 'pending', attempts = CASE WHEN j.rerun THEN 0 ELSE j.attempts - 1 END, rerun = false,
    lease_token = NULL, worker_id = NULL
FROM (
    SELECT id, lease_token FROM queue_job
    WHERE id = ANY (%(ids)s::bigint[]) AND state = 'processing'
    ORDER BY id
    FOR NO KEY UPDATE
) was
WHERE j.id = was.id
RETURNING j.id, j.provider_id, j.sort_key, was.lease_token AS token
