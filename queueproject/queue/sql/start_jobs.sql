-- What a worker is about to run in its own thread: should it die, these had started.
-- Index: primary key.
UPDATE queue_worker SET started_job_ids = %(ids)s::bigint[] WHERE id = %(worker)s
