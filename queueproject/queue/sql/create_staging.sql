-- One a session: what a call enqueues, before it becomes jobs.
CREATE TEMPORARY TABLE IF NOT EXISTS queue_staging (
    payload jsonb, options jsonb, subject_id text, dedupe_key text, group_key text, sort_offset float8,
    tokens int, units int
) ON COMMIT DELETE ROWS
