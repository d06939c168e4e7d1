-- Rows of a paused batch that a claim met step out of the claim's index.
-- Index: primary key, by array.
UPDATE queue_job SET held = 'paused' WHERE id = ANY (%(ids)s::bigint[])
