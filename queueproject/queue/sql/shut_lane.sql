-- A 429 has just been heard: nobody starts a call until the block proper is written.
-- Index: primary key.
UPDATE queue_provider SET
    blocked_until = greatest(blocked_until, statement_timestamp() + make_interval(secs => %(seconds)s))
WHERE key = %(provider)s
