-- What this session counted is counted for all.
SELECT pg_stat_force_next_flush()
