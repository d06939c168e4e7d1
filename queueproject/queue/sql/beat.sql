-- A worker says that it lives; no row: it was declared dead and may do nothing more.
-- Index: primary key.
UPDATE queue_worker SET
    heartbeat_at = statement_timestamp(), status = %(status)s, current_work = %(current_work)s,
    processed = %(processed)s, busy_seconds = %(busy_seconds)s, errors = %(errors)s, rate_limits = %(rate_limits)s
WHERE id = %(worker)s AND status IN ('active', 'idle')
RETURNING id
