-- A reservation of tokens that answers have shown to be too low grows by what is missing.
-- Index: entry_token.
UPDATE queue_budgetentry SET amount = amount + %(amount)s
WHERE lease_token = %(token)s AND currency = 'tokens' AND answered_at IS NULL AND spent_at IS NULL
