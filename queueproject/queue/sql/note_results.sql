-- What single completed jobs brought: result, real tokens, failed units.
-- Index: primary key, by array.
UPDATE queue_job SET
    result = (%(results)s::jsonb[])[array_position(%(ids)s::bigint[], id)],
    actual_tokens = (%(actual_tokens)s::int[])[array_position(%(ids)s::bigint[], id)],
    failed_units = least(units, (%(failed_units)s::int[])[array_position(%(ids)s::bigint[], id)])
WHERE id = ANY (%(ids)s::bigint[])
