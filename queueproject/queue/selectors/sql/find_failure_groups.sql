-- The newest %(read)s failed jobs (of one batch, where one is given) by what went wrong, where and in which kind.
-- Indexes: job_failed; job_in_batch for one batch.
SELECT f.fingerprint, f.provider_id AS provider, f.kind, count(*) AS jobs,
       count(*) FILTER (WHERE f.finished_at > %(now)s - interval '1 hour') AS hour,
       count(*) FILTER (WHERE f.finished_at > %(now)s - interval '24 hours') AS day,
       count(*) FILTER (WHERE f.finished_at > %(now)s - interval '7 days') AS week,
       max(f.last_error) AS error, max(f.finished_at) AS last_at
FROM (
    SELECT fingerprint, provider_id, kind, finished_at, last_error
    FROM queue_job
    WHERE state = 'failed' AND finished_at IS NOT NULL AND (%(batch)s::bigint IS NULL OR batch_id = %(batch)s)
    ORDER BY finished_at DESC
    LIMIT %(read)s
) f
GROUP BY f.fingerprint, f.provider_id, f.kind
ORDER BY jobs DESC, f.fingerprint, f.provider_id, f.kind
LIMIT %(most)s
