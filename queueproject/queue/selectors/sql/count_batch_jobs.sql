-- The jobs a batch owns, by state; no count reads more than %(most)s of them.
-- Index: job_in_batch.
SELECT wanted.state, jobs.count
FROM unnest(%(states)s::text[]) WITH ORDINALITY AS wanted(state, place)
CROSS JOIN LATERAL (
    SELECT count(*) FROM (
        SELECT FROM queue_job
        WHERE batch_id = %(batch)s AND state = wanted.state
        LIMIT %(most)s
    ) counted
) jobs
WHERE jobs.count > 0
ORDER BY wanted.place
