-- Leased jobs wait: for their next try (scheduled) or for their provider (rate_limited, gives the attempt back).
-- Index: primary key, by array; fenced by token. A job asked for again while it ran starts afresh. A wait begins now, by
-- the database's clock: a worker's own may be minutes off.
UPDATE queue_job SET
    state = %(state)s,
    due_at = coalesce(
        (%(due)s::timestamptz[])[array_position(%(ids)s::bigint[], id)],
        statement_timestamp() + make_interval(secs => (%(waits)s::float8[])[array_position(%(ids)s::bigint[], id)])),
    attempts = CASE WHEN rerun THEN 0 WHEN %(state)s = 'rate_limited' THEN attempts - 1 ELSE attempts END,
    deferrals = deferrals + CASE WHEN %(state)s = 'rate_limited' THEN 1 ELSE 0 END,
    alone = (%(alone)s::bool[])[array_position(%(ids)s::bigint[], id)],
    rerun = false, lease_token = NULL, worker_id = NULL,
    last_error = (%(errors)s::text[])[array_position(%(ids)s::bigint[], id)],
    fingerprint = (%(fingerprints)s::text[])[array_position(%(ids)s::bigint[], id)]
WHERE id = ANY (%(ids)s::bigint[]) AND lease_token = (%(tokens)s::bigint[])[array_position(%(ids)s::bigint[], id)]
RETURNING id, batch_id, units, false AS reran
