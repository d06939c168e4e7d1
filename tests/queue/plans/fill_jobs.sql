-- Of twenty jobs eleven wait, one is held, one is parked for a retry and one for its provider, five have ended and one in
-- a thousand runs.
INSERT INTO queue_job (
    id, kind, subject_type, subject_id, payload, options, group_key, dedupe_key, provider_id, priority, sort_key, state,
    held, due_at, max_attempts, backoff_seconds, backoff_curve, timeout_seconds, batch_id, units, calls,
    estimated_tokens, created_by, created_at, finished_at, lease_token, worker_id,
    alone, attempts, deferrals, rescues, rerun, failed_units, last_error, fingerprint)
SELECT n, 'tests.noop', 'number', n::text, jsonb_build_object('n', n), '{}', '', 'key:' || n,
       CASE WHEN n %% 3 = 0 THEN 'local' ELSE 'testlane' END, 100, n, made.state,
       CASE WHEN n %% 20 = 11 THEN 'paused' END,
       CASE WHEN made.state IN ('scheduled', 'rate_limited') THEN statement_timestamp() + (n - 5000) * interval '1 second' END,
       3, 4, 'exponential', 120, 1 + n %% b.many, 1, 1, 100, '', statement_timestamp(),
       CASE WHEN made.state IN ('completed', 'failed') THEN statement_timestamp() - n * interval '1 second' END,
       CASE WHEN made.state = 'processing' THEN n END, CASE WHEN made.state = 'processing' THEN 1 + n %% 7 END,
       false, 0, 0, 0, false, 0, '', ''
FROM (SELECT count(*) AS many FROM queue_batch) b
CROSS JOIN generate_series(1, %(rows)s) AS n
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN n %% 1000 = 1 THEN 'processing'
        WHEN n %% 20 <= 11 THEN 'pending'
        WHEN n %% 20 = 12 THEN 'scheduled'
        WHEN n %% 20 = 13 THEN 'rate_limited'
        WHEN n %% 20 = 14 THEN 'failed'
        ELSE 'completed' END AS state
) made
