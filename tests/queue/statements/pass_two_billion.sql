-- The next jobs are numbered above what 32 bits hold.
SELECT setval(pg_get_serial_sequence('queue_job', 'id'), 3000000000), setval('queue_lease_token', 5000000000)
