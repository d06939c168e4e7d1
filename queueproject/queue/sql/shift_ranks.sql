-- A changed head start re-ranks a chunk of the live jobs there were: the key moves by the change times the priority.
-- Index: primary key, read in its order from where the last chunk ended.
UPDATE queue_job SET sort_key = sort_key + priority * %(seconds_per_point)s::float8
WHERE id = ANY (ARRAY(
    SELECT id FROM queue_job
    WHERE id > %(after)s AND id <= %(newest)s AND sort_key IS NOT NULL
      AND state IN ('pending', 'scheduled', 'rate_limited', 'processing')
    ORDER BY id
    LIMIT %(most)s
    FOR NO KEY UPDATE
))
RETURNING id
