-- Leases taken away: what they did not spend comes back, what they spent and never saw answered counts from now.
-- Index: entry_token.
WITH dropped AS (
    DELETE FROM queue_budgetentry
    WHERE lease_token = ANY (%(tokens)s) AND answered_at IS NULL AND spent_at IS NULL
)
UPDATE queue_budgetentry SET answered_at = statement_timestamp()
WHERE lease_token = ANY (%(tokens)s) AND answered_at IS NULL AND spent_at IS NOT NULL
