-- Do jobs wait while nobody lives who could take them?
-- Indexes: worker_live, job_claim, job_due.
SELECT CASE WHEN EXISTS (
    SELECT FROM queue_worker
    WHERE status IN ('active', 'idle') AND (role = 'drain' OR slots > 0)
      AND heartbeat_at > statement_timestamp() - make_interval(secs => %(lease_seconds)s)
) THEN false ELSE EXISTS (
    SELECT FROM queue_provider p
    WHERE EXISTS (
        SELECT FROM queue_job j
        WHERE j.provider_id = p.key AND j.state = 'pending' AND j.held IS NULL)
    OR EXISTS (
        SELECT FROM queue_job j
        WHERE j.provider_id = p.key AND j.state IN ('scheduled', 'rate_limited') AND j.held IS NULL)
) END
