-- A worker's heartbeats wait for whoever holds this; its claims do not.
-- Index: primary key.
SELECT id FROM queue_worker WHERE id = %(worker)s FOR NO KEY UPDATE
