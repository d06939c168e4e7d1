-- New jobs, given as one JSON array; a key that is live already is left out, and not returned. Drains hear of them at commit.
-- Index: job_one_live_per_key.
WITH new_job AS (
    INSERT INTO queue_job (
        kind, subject_type, subject_id, payload, options, group_key, dedupe_key, provider_id, priority, sort_key, state,
        held, due_at, max_attempts, backoff_seconds, backoff_curve, timeout_seconds, batch_id, units, calls,
        estimated_tokens, created_by, created_at,
        alone, attempts, deferrals, rescues, rerun, failed_units, last_error, fingerprint)
    SELECT %(kind)s, %(subject_type)s, subject_id, payload, options, group_key, dedupe_key, %(provider)s, %(priority)s,
           CASE WHEN %(state)s = 'pending' THEN %(start)s + sort_offset END, %(state)s,
           %(held)s, %(due_at)s, %(max_attempts)s, %(backoff_seconds)s, %(backoff_curve)s, %(timeout_seconds)s, %(batch)s,
           units, %(calls)s, tokens, %(actor)s, %(stamp)s,
           false, 0, 0, 0, false, 0, '', ''
    FROM jsonb_to_recordset(%(rows)s::jsonb) AS new(
        payload jsonb, options jsonb, subject_id text, dedupe_key text, group_key text, sort_offset float8, tokens int,
        units int)
    ON CONFLICT (dedupe_key) WHERE state IN ('pending', 'scheduled', 'rate_limited', 'processing') AND dedupe_key IS NOT NULL
    DO NOTHING
    RETURNING id, dedupe_key
)
-- Postgres keeps one of the same messages in a transaction.
SELECT id, dedupe_key, pg_notify('queue', %(wake)s) FROM new_job
