-- A second call in the same transaction starts empty.
TRUNCATE queue_staging
