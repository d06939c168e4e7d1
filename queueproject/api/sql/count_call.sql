-- Count a call in its minute, by the database's clock, and say how many there were and when the minute ends.
-- Index: api_use_once.
INSERT INTO api_apiuse AS used (user_id, kind, minute, calls)
VALUES (%(user)s, %(kind)s, date_trunc('minute', statement_timestamp()), 1)
ON CONFLICT (user_id, kind) DO UPDATE SET
    calls = CASE WHEN used.minute = excluded.minute THEN used.calls + 1 ELSE 1 END,
    minute = excluded.minute
RETURNING calls, extract(epoch FROM minute + interval '1 minute' - statement_timestamp())::float
