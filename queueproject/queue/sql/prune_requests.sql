-- Requests a day old, taken or not; few rows, all looked at.
DELETE FROM queue_drainrequest WHERE id = ANY (ARRAY(
    SELECT id FROM queue_drainrequest WHERE requested_at < statement_timestamp() - interval '1 day'
    ORDER BY id LIMIT %(most)s))
