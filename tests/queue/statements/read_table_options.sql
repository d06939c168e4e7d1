-- How autovacuum treats a table.
SELECT c.reloptions FROM pg_class c WHERE c.oid = 'queue_job'::regclass
