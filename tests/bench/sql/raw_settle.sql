-- All of a claim completed, fenced.
UPDATE queue_job SET
    state = 'completed', finished_at = statement_timestamp(), lease_token = NULL, worker_id = NULL
WHERE id = ANY (%(ids)s::bigint[]) AND lease_token = ANY (%(tokens)s::bigint[])
