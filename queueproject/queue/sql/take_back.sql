-- What was spent for a call that was never made.
-- Index: primary key, by array.
DELETE FROM queue_budgetentry WHERE id = ANY (%(ids)s::bigint[]) AND answered_at IS NULL
