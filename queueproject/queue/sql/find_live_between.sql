-- Is any key between these two held by a live job? Ordered, so that one entry of the index answers.
-- Index: job_one_live_per_key.
SELECT EXISTS (
    SELECT FROM queue_job
    WHERE dedupe_key >= %(first)s AND dedupe_key <= %(last)s
      AND state IN ('pending', 'scheduled', 'rate_limited', 'processing')
    ORDER BY dedupe_key LIMIT 1)
