-- What this session counted is told at once, not within the next second.
SELECT pg_stat_force_next_flush()
