-- The first job that waits on each lane, and whether any is being worked; one entry of an index each.
-- Indexes: job_claim, job_worker.
SELECT p.key AS provider, head.id, head.created_at,
       EXISTS (SELECT FROM queue_job r WHERE r.state = 'processing' AND r.provider_id = p.key) AS worked
FROM queue_provider p
LEFT JOIN LATERAL (
    SELECT j.id, j.created_at FROM queue_job j
    WHERE j.provider_id = p.key AND j.state = 'pending' AND j.held IS NULL
    ORDER BY j.sort_key, j.id LIMIT 1
) head ON true
ORDER BY p.key
