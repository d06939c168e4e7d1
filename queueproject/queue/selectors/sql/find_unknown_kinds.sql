-- Kinds among the jobs that come next on each lane that no handler knows. One that was claimed is put off by a minute
-- and is among the first due, so that none hides behind a long row of others. Indexes: job_claim, job_due.
SELECT kind, count(*) AS jobs FROM queue_provider p
CROSS JOIN LATERAL (
    (SELECT kind FROM queue_job j WHERE j.provider_id = p.key AND j.state = 'pending' AND j.held IS NULL
     ORDER BY j.sort_key, j.id LIMIT %(most)s)
    UNION ALL
    (SELECT kind FROM queue_job j
     WHERE j.provider_id = p.key AND j.state IN ('scheduled', 'rate_limited') AND j.held IS NULL
     ORDER BY j.due_at LIMIT %(most)s)
) next
WHERE NOT (kind = ANY (%(known)s::text[]))
GROUP BY kind ORDER BY kind
