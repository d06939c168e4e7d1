-- Leases taken away: what they did not spend comes back, what they spent and never saw answered counts from now.
-- Index: primary key, by array.
WITH dropped AS (
    DELETE FROM queue_budgetentry WHERE id = ANY (%(ids)s::bigint[]) AND answered_at IS NULL AND spent_at IS NULL
    RETURNING id
), closed AS (
    UPDATE queue_budgetentry SET answered_at = statement_timestamp()
    WHERE id = ANY (%(ids)s::bigint[]) AND answered_at IS NULL AND spent_at IS NOT NULL
    RETURNING id
)
SELECT (SELECT count(*) FROM dropped) + (SELECT count(*) FROM closed)
