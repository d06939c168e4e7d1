-- What single completed jobs brought: result, real tokens, failed units, and units that other jobs carry on.
-- Index: primary key, by array.
UPDATE queue_job SET
    result = (%(results)s::jsonb[])[array_position(%(ids)s::bigint[], id)],
    actual_tokens = (%(actual_tokens)s::int[])[array_position(%(ids)s::bigint[], id)],
    failed_units = least(units, (%(failed_units)s::int[])[array_position(%(ids)s::bigint[], id)]),
    units = units - CASE WHEN state = 'completed'
                         THEN (%(passed_on_units)s::int[])[array_position(%(ids)s::bigint[], id)] ELSE 0 END
WHERE id = ANY (%(ids)s::bigint[])
