-- Lane time: now where the claim emptied the lane, else on by what was taken, never past now.
-- Index: primary key.
UPDATE queue_provider SET clock = CASE
    WHEN moved.emptied THEN extract(epoch FROM statement_timestamp())
    ELSE least(extract(epoch FROM statement_timestamp()), clock + moved.seconds) END
FROM unnest(%(lanes)s::text[], %(emptied)s::bool[], %(seconds)s::float8[]) AS moved(lane, emptied, seconds)
WHERE key = moved.lane
