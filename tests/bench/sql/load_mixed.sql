-- Half of them wait; the others ended over the last day, one in fifty of these badly, for one of eight reasons.
INSERT INTO queue_job (
    kind, subject_type, subject_id, payload, options, group_key, dedupe_key, provider_id, priority, sort_key, state,
    max_attempts, backoff_seconds, backoff_curve, timeout_seconds, batch_id, units, calls, estimated_tokens, created_by,
    created_at, alone, attempts, deferrals, rescues, rerun, failed_units, last_error, fingerprint,
    claimed_at, finished_at, wait_seconds, run_seconds)
SELECT
    'bench.noop', 'number', n::text, '{"n": 1}', '{}', '', 'bench:' || n, 'local', 100, n * 0.01, made.state,
    3, 4, 'exponential', 120, (SELECT max(id) FROM queue_batch), 1, 1, 0, '',
    statement_timestamp() - interval '1 day', false, 1, 0, 0, false, 0,
    CASE WHEN made.state = 'failed' THEN 'cause ' || n %% 8 ELSE '' END,
    CASE WHEN made.state = 'failed' THEN 'print' || n %% 8 ELSE '' END,
    made.ended_at, made.ended_at, 0.1, 0.1
FROM generate_series(1, %(count)s) n
CROSS JOIN LATERAL (
    SELECT CASE WHEN n %% 2 = 0 THEN 'pending' WHEN n %% 100 = 1 THEN 'failed' ELSE 'completed' END AS state,
           CASE WHEN n %% 2 = 1 THEN statement_timestamp() - interval '1 day' * (1 - n::float8 / %(count)s) END AS ended_at
) made
