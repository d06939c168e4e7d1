-- Jobs of one lane that wait, ahead of everything else: half of them pending, half due again.
INSERT INTO queue_job (
    kind, subject_type, subject_id, payload, options, group_key, dedupe_key, provider_id, priority, sort_key, state,
    held, due_at, max_attempts, backoff_seconds, backoff_curve, timeout_seconds, batch_id, units, calls,
    estimated_tokens, created_by, created_at,
    alone, attempts, deferrals, rescues, rerun, failed_units, last_error, fingerprint)
SELECT 'tests.noop', 'number', n::text, '{}', '{}', '', 'waiting:' || n, %(lane)s, 100, n,
       CASE WHEN n %% 2 = 0 THEN 'pending' ELSE 'rate_limited' END, %(held)s,
       CASE WHEN n %% 2 = 1 THEN statement_timestamp() - interval '1 minute' END,
       3, 4, 'exponential', 120, %(batch)s, 1, 1, 0, '', statement_timestamp(),
       false, 0, 0, 0, false, 0, '', ''
FROM generate_series(1, %(rows)s) AS n
