-- The claimer's own row, shared so that a rescuer passes it by; no row: it was declared dead.
-- Index: primary key.
SELECT id FROM queue_worker
WHERE id = %(worker)s AND status IN ('active', 'idle')
FOR KEY SHARE
