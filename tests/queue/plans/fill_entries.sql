-- Calls of the last hour and of the minute, a tenth of them not answered yet.
INSERT INTO queue_budgetentry (
    provider_id, currency, lease_token, worker_id, amount, reserved_at, spent_at, answered_at)
SELECT 'testlane', CASE WHEN n %% 2 = 0 THEN 'calls' ELSE 'tokens' END, n, 1 + n %% 7, 1,
       statement_timestamp() - n * interval '0.4 second', statement_timestamp() - n * interval '0.4 second',
       CASE WHEN n %% 10 <> 1 THEN statement_timestamp() - n * interval '0.4 second' END
FROM generate_series(1, least(10000, %(rows)s)) AS n
