-- Tokens an answer counted although nobody had estimated any.
INSERT INTO queue_budgetentry (provider_id, currency, lease_token, worker_id, amount, reserved_at, spent_at, answered_at)
VALUES (%(provider)s, 'tokens', %(token)s, %(worker)s, %(amount)s, statement_timestamp(), statement_timestamp(),
        statement_timestamp())
