-- The tables that every job rewrites: live and dead rows as the server counts them, size, and when each was vacuumed.
SELECT s.relname AS name, s.n_live_tup AS live, s.n_dead_tup AS dead,
       pg_table_size(s.relid) AS table_bytes, pg_indexes_size(s.relid) AS index_bytes,
       greatest(s.last_vacuum, s.last_autovacuum) AS vacuumed_at
FROM pg_stat_user_tables s
WHERE s.schemaname = current_schema() AND s.relname = ANY (%(tables)s::text[])
ORDER BY s.n_dead_tup DESC, s.relname
