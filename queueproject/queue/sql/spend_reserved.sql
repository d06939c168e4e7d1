-- A reservation becomes a spend: all of it but the calls kept for later.
-- It counts in the calendar window its transaction began in, where note_calendar books it. Index: entry_token.
WITH whole AS (
    UPDATE queue_budgetentry SET spent_at = transaction_timestamp()
    WHERE lease_token = %(token)s AND answered_at IS NULL AND spent_at IS NULL
      AND (currency <> 'calls' OR amount <= %(calls)s)
    RETURNING id, currency, amount, spent_at
), kept AS (
    UPDATE queue_budgetentry SET amount = amount - %(calls)s
    WHERE lease_token = %(token)s AND answered_at IS NULL AND spent_at IS NULL
      AND currency = 'calls' AND amount > %(calls)s
    RETURNING provider_id, currency, lease_token, worker_id
), part AS (
    INSERT INTO queue_budgetentry (provider_id, currency, lease_token, worker_id, amount, reserved_at, spent_at)
    SELECT provider_id, currency, lease_token, worker_id, %(calls)s, statement_timestamp(), transaction_timestamp()
    FROM kept
    RETURNING id, currency, amount, spent_at
)
SELECT * FROM whole UNION ALL SELECT * FROM part
