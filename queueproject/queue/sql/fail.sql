-- Leased jobs cannot succeed, or, asked for again meanwhile, wait once more.
-- Index: primary key, by array; fenced by token.
UPDATE queue_job SET
    state = CASE WHEN rerun THEN 'pending' ELSE 'failed' END,
    finished_at = CASE WHEN rerun THEN NULL ELSE statement_timestamp() END,
    attempts = CASE WHEN rerun THEN 0 ELSE attempts END,
    rerun = false, lease_token = NULL, worker_id = NULL,
    last_error = (%(errors)s::text[])[array_position(%(ids)s::bigint[], id)],
    fingerprint = (%(fingerprints)s::text[])[array_position(%(ids)s::bigint[], id)],
    run_seconds = extract(epoch FROM statement_timestamp() - claimed_at)
WHERE id = ANY (%(ids)s::bigint[]) AND lease_token = (%(tokens)s::bigint[])[array_position(%(ids)s::bigint[], id)]
RETURNING id, batch_id, units, (state = 'pending') AS reran
