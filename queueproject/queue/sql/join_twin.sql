-- A locked live twin takes what was asked anew; one that runs is marked to run once more, one that was never tried
-- falls due at the earlier of both times.
-- Index: primary key.
UPDATE queue_job SET
    payload = %(payload)s::jsonb, options = %(options)s::jsonb, priority = %(priority)s,
    sort_key = CASE WHEN %(raised)s THEN least(sort_key, %(fresh_key)s) ELSE sort_key END,
    due_at = CASE WHEN state = 'scheduled' AND attempts = 0
        THEN least(due_at, coalesce(%(due_at)s, statement_timestamp())) ELSE due_at END,
    estimated_tokens = %(tokens)s, rerun = rerun OR %(running)s
WHERE id = %(id)s
