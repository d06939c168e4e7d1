-- Takes longer than any page may.
SELECT pg_sleep(10)
