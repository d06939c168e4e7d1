-- Jobs that wait on the lane `local`, in the newest batch, behind all that are there.
-- Index: primary key, for its end; ids and ranks go on from there.
INSERT INTO queue_job (
    kind, subject_type, subject_id, payload, options, group_key, dedupe_key, provider_id, priority, sort_key, state,
    max_attempts, backoff_seconds, backoff_curve, timeout_seconds, batch_id, units, calls, estimated_tokens, created_by,
    created_at, alone, attempts, deferrals, rescues, rerun, failed_units, last_error, fingerprint)
SELECT
    'bench.noop', 'number', n::text, '{"n": 1}', '{}', '', 'bench:' || n, 'local', 100, n * 0.01, 'pending',
    3, 4, 'exponential', 120, (SELECT max(id) FROM queue_batch), 1, 1, 0, '',
    statement_timestamp(), false, 0, 0, 0, false, 0, '', ''
FROM (SELECT coalesce(max(id), 0) AS id FROM queue_job) last
CROSS JOIN LATERAL generate_series(last.id + 1, last.id + %(count)s) n
