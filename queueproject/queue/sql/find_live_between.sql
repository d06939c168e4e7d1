-- Is any key between these two held by a live job? The order asked for makes one entry of the index answer.
-- Index: job_one_live_per_key.
SELECT true FROM queue_job
WHERE dedupe_key >= %(first)s AND dedupe_key <= %(last)s
  AND state IN ('pending', 'scheduled', 'rate_limited', 'processing')
ORDER BY dedupe_key
LIMIT 1
