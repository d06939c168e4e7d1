-- The next moment at which a lane's interval lets a call start, taken; no row where there is no interval.
-- Index: primary key.
UPDATE queue_provider SET
    next_call_at = greatest(next_call_at, clock_timestamp())
                   + make_interval(secs => min_interval_seconds * %(calls)s)
WHERE key = %(provider)s AND min_interval_seconds > 0
RETURNING greatest(0, extract(epoch FROM next_call_at - clock_timestamp()) - min_interval_seconds * %(calls)s)::float8
