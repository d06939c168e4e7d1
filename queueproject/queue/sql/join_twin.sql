-- A locked live twin takes what was asked anew; one that runs is marked to run once more.
-- Index: primary key.
UPDATE queue_job SET
    payload = %(payload)s::jsonb, options = %(options)s::jsonb, priority = %(priority)s,
    sort_key = CASE WHEN %(raised)s THEN least(sort_key, %(fresh_key)s) ELSE sort_key END,
    rerun = rerun OR %(running)s
WHERE id = %(id)s
