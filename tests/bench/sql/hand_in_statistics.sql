-- What this session did is counted when the statement ends, not some seconds later.
SELECT pg_stat_force_next_flush()
