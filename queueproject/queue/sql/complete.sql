-- Leased jobs are done, or, asked for again meanwhile, wait once more.
-- Index: primary key, by array; fenced by token. Must not name the state: the partial index on it misleads the planner.
-- Tokens that no two jobs share need no look at whose they are, which costs a search of the array for every job.
UPDATE queue_job SET
    state = CASE WHEN rerun THEN 'pending' ELSE 'completed' END,
    finished_at = CASE WHEN rerun THEN NULL ELSE statement_timestamp() END,
    attempts = CASE WHEN rerun THEN 0 ELSE attempts END,
    rerun = false, alone = false, lease_token = NULL, worker_id = NULL, last_error = '', fingerprint = '',
    result = NULL, actual_tokens = NULL, failed_units = 0,
    run_seconds = extract(epoch FROM statement_timestamp() - claimed_at)
WHERE id = ANY (%(ids)s::bigint[]) AND lease_token = ANY (%(tokens)s::bigint[])
  AND (NOT %(shared)s OR lease_token = (%(tokens)s::bigint[])[array_position(%(ids)s::bigint[], id)])
RETURNING id, batch_id, units, (state = 'pending') AS reran
