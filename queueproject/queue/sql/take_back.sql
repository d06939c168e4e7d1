-- What was spent for a call that was never made.
-- Index: primary key, by array.
DELETE FROM queue_budgetentry WHERE id = ANY (%(ids)s::bigint[]) AND spent_at IS NOT NULL AND answered_at IS NULL
