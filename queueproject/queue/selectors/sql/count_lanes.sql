-- What waits, runs and failed on each lane, and the age of its head; no count reads more than %(most)s rows.
-- Ordered, though order does not matter: else the planner walks the table and hopes to meet enough of them early.
-- Indexes: job_claim, job_due, job_held, job_worker, job_finished, job_failed, entry_window.
WITH held AS MATERIALIZED (
    SELECT j.provider_id, count(*) AS jobs
    FROM queue_batch b
    CROSS JOIN LATERAL (
        SELECT provider_id FROM queue_job
        WHERE batch_id = b.id AND held IS NOT NULL
        ORDER BY sort_key
        LIMIT %(most)s
    ) j
    WHERE b.state = 'running'
    GROUP BY j.provider_id
), running AS MATERIALIZED (
    SELECT provider_id, count(*) AS jobs FROM queue_job WHERE state = 'processing' GROUP BY provider_id
), failed AS MATERIALIZED (
    SELECT provider_id, count(*) AS jobs
    FROM (
        SELECT provider_id FROM queue_job
        WHERE state = 'failed' AND finished_at IS NOT NULL
        ORDER BY finished_at DESC LIMIT %(most)s * 2
    ) f
    GROUP BY provider_id
), done AS MATERIALIZED (
    SELECT provider_id, count(*) AS jobs
    FROM (
        SELECT provider_id FROM queue_job
        WHERE finished_at > statement_timestamp() - interval '1 minute' AND state = 'completed'
        ORDER BY finished_at LIMIT %(most)s * 2
    ) d
    GROUP BY provider_id
), calling AS MATERIALIZED (
    SELECT provider_id, count(DISTINCT lease_token) AS calls
    FROM queue_budgetentry
    WHERE currency = 'calls' AND answered_at IS NULL
    GROUP BY provider_id
)
SELECT p.key AS provider,
       (SELECT count(*) FROM (
           SELECT FROM queue_job
           WHERE provider_id = p.key AND state = 'pending' AND held IS NULL
           ORDER BY sort_key LIMIT %(most)s) c) AS pending,
       (SELECT count(*) FROM (
           SELECT FROM queue_job
           WHERE provider_id = p.key AND state = 'scheduled' AND held IS NULL
           ORDER BY due_at LIMIT %(most)s) c) AS scheduled,
       (SELECT count(*) FROM (
           SELECT FROM queue_job
           WHERE provider_id = p.key AND state = 'rate_limited' AND held IS NULL
           ORDER BY due_at LIMIT %(most)s) c) AS rate_limited,
       coalesce(held.jobs, 0) AS held,
       coalesce(running.jobs, 0) AS processing,
       coalesce(failed.jobs, 0) AS failed,
       coalesce(done.jobs, 0) AS done_last_minute,
       coalesce(calling.calls, 0) AS calls_in_flight,
       (SELECT created_at FROM queue_job
        WHERE provider_id = p.key AND state = 'pending' AND held IS NULL
        ORDER BY sort_key, id LIMIT 1) AS oldest_at
FROM queue_provider p
LEFT JOIN held ON held.provider_id = p.key
LEFT JOIN running ON running.provider_id = p.key
LEFT JOIN failed ON failed.provider_id = p.key
LEFT JOIN done ON done.provider_id = p.key
LEFT JOIN calling ON calling.provider_id = p.key
ORDER BY p.key
