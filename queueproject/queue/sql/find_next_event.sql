-- When something that waits for a clock may next be looked at: a due time, the end of a block. What has passed for a
-- while could not be taken for another reason, and is no event.
-- Indexes: job_due, job_claim.
SELECT min(event.at) FROM (
    SELECT greatest(p.blocked_until, (
        SELECT j.due_at FROM queue_job j
        WHERE j.provider_id = p.key AND j.state IN ('scheduled', 'rate_limited') AND j.held IS NULL
        ORDER BY j.due_at LIMIT 1)) AS at
    FROM queue_provider p WHERE p.paused_at IS NULL
    UNION ALL
    SELECT p.blocked_until FROM queue_provider p
    WHERE p.paused_at IS NULL AND p.blocked_until > statement_timestamp()
      AND EXISTS (SELECT FROM queue_job j WHERE j.provider_id = p.key AND j.state = 'pending' AND j.held IS NULL)
) event
WHERE event.at > statement_timestamp() - interval '1 second'
