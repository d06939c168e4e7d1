-- Leased jobs go back unstarted; the attempt is given back, the rank kept.
-- Index: primary key, by array; fenced by token.
UPDATE queue_job SET
    state = 'pending', attempts = CASE WHEN rerun THEN 0 ELSE attempts - 1 END, rerun = false, lease_token = NULL,
    worker_id = NULL
WHERE id = ANY (%(ids)s::bigint[]) AND lease_token = (%(tokens)s::bigint[])[array_position(%(ids)s::bigint[], id)]
RETURNING id, batch_id, units, false AS reran, provider_id, sort_key
