-- So that no claim pays for a load: rows are known to be visible to all, statistics are fresh.
VACUUM (ANALYZE) queue_job
