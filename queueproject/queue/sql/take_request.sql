-- A drain's first statement: the request that started it, or the oldest open one, is taken.
-- Index: drain_request_open.
UPDATE queue_drainrequest SET taken_at = statement_timestamp()
WHERE id = (
    SELECT id FROM queue_drainrequest
    WHERE taken_at IS NULL
    ORDER BY id <> %(request)s, requested_at
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING id
