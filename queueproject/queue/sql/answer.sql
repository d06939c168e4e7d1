-- A call was answered: from now on it grows out of its windows, at its real cost in tokens.
-- Index: primary key, by array.
UPDATE queue_budgetentry SET
    answered_at = statement_timestamp(),
    amount = CASE WHEN currency = 'tokens' THEN coalesce(%(tokens)s::bigint, amount) ELSE amount END
WHERE id = ANY (%(ids)s::bigint[])
