-- The head of one lane, as bare as a claim can be, for a worker whom nobody rescues.
UPDATE queue_job SET
    state = 'processing', worker_id = 0, attempts = attempts + 1, claimed_at = statement_timestamp(),
    lease_token = nextval('queue_lease_token')
WHERE id = ANY (ARRAY(
    SELECT id FROM queue_job
    WHERE provider_id = 'raw' AND state = 'pending' AND held IS NULL
      AND (sort_key, id) >= (%(low_key)s, %(low_id)s)
    ORDER BY sort_key, id
    LIMIT %(most)s
    FOR NO KEY UPDATE SKIP LOCKED
))
RETURNING id, lease_token, payload, sort_key
