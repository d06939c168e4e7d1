-- A 429 stops the lane: one row, on the database's clock. Only a call made after the last block cuts the rate and
-- lengthens the wait again; the rest of its burst just keeps the lane shut. Index: primary key.
UPDATE queue_provider p SET
    blocked_at = statement_timestamp(),
    blocked_until = greatest(p.blocked_until, CASE
        WHEN %(per_day)s THEN least(
            (date_trunc('day', statement_timestamp() AT TIME ZONE %(zone)s) + interval '1 day') AT TIME ZONE %(zone)s,
            (date_trunc('day', statement_timestamp() AT TIME ZONE %(zone)s) + interval '23 hours') AT TIME ZONE %(zone)s
            + interval '1 hour')
        ELSE statement_timestamp() + make_interval(secs => coalesce(%(retry_after)s::float8, next.seconds) * %(jitter)s)
    END),
    block_seconds = CASE WHEN %(retry_after)s::float8 IS NULL THEN next.seconds ELSE p.block_seconds END,
    rate_factor = CASE WHEN next.is_new THEN greatest(0.1, p.rate_factor / 2) ELSE p.rate_factor END,
    probing = true
FROM (
    SELECT key, is_new, was,
           CASE WHEN is_new THEN least(%(longest)s, greatest(%(first)s, block_seconds * 2))
                ELSE greatest(%(first)s, block_seconds) END AS seconds
    FROM (
        SELECT key, block_seconds, blocked_until AS was,
               blocked_at IS NULL OR coalesce(%(spent_at)s::timestamptz, statement_timestamp()) > blocked_at AS is_new
        FROM queue_provider WHERE key = %(provider)s
        FOR NO KEY UPDATE
    ) locked
) next
WHERE p.key = next.key
RETURNING p.blocked_until, p.rate_factor, next.is_new, p.blocked_until > next.was + interval '1 second' AS is_longer
