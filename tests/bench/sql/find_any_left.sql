-- What is not done, and what is being done.
SELECT EXISTS (SELECT FROM queue_job WHERE provider_id = 'local' AND state = 'pending' AND held IS NULL)
    OR EXISTS (SELECT FROM queue_job WHERE state = 'processing')
