-- The picked rows go to a worker under their tokens; each counts an attempt.
-- Index: primary key, by array.
UPDATE queue_job SET
    state = 'processing', worker_id = %(worker)s, attempts = attempts + 1, claimed_at = statement_timestamp(),
    lease_token = (%(tokens)s::bigint[])[array_position(%(ids)s::bigint[], id)],
    wait_seconds = extract(epoch FROM statement_timestamp() - greatest(created_at, due_at)),
    due_at = NULL
WHERE id = ANY (%(ids)s::bigint[])
