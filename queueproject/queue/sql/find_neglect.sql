-- Do jobs wait while nobody lives who could take them? Ordered, so that each looks at one entry of its index.
-- Indexes: worker_live, job_claim, job_due.
SELECT CASE WHEN EXISTS (
    SELECT FROM queue_worker
    WHERE status IN ('active', 'idle') AND (role = 'drain' OR slots > 0)
      AND heartbeat_at > statement_timestamp() - make_interval(secs => %(lease_seconds)s)
) THEN false ELSE EXISTS (
    SELECT FROM queue_provider p
    CROSS JOIN LATERAL (
        (SELECT FROM queue_job j
         WHERE j.provider_id = p.key AND j.state = 'pending' AND j.held IS NULL
         ORDER BY j.sort_key, j.id LIMIT 1)
        UNION ALL
        (SELECT FROM queue_job j
         WHERE j.provider_id = p.key AND j.state IN ('scheduled', 'rate_limited') AND j.held IS NULL
         ORDER BY j.due_at LIMIT 1)
    ) waiting
) END
