-- What running batches still have to do, by lane and kind; reads at most %(most)s open jobs of each.
-- Index: job_in_batch.
SELECT b.id AS batch, j.provider_id AS provider, p.metered, j.kind, count(*) AS jobs,
       sum(j.units)::bigint AS units, sum(j.estimated_tokens)::bigint AS tokens, count(DISTINCT j.group_key) AS groups
FROM queue_batch b
CROSS JOIN LATERAL (
    SELECT provider_id, kind, units, estimated_tokens, group_key FROM queue_job
    WHERE batch_id = b.id AND state IN ('pending', 'scheduled', 'rate_limited', 'processing')
    LIMIT %(most)s
) j
JOIN queue_provider p ON p.key = j.provider_id
WHERE b.id = ANY (%(batches)s)
GROUP BY b.id, j.provider_id, p.metered, j.kind
ORDER BY b.id, j.provider_id, j.kind
