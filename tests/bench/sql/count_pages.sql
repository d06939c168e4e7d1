-- Pages this session asked for, of our tables and their indexes; exact within a transaction.
SELECT sum(pg_stat_get_xact_blocks_fetched(c.oid))
FROM pg_class c
WHERE c.relnamespace::regnamespace::text = ANY (current_schemas(false)::text[]) AND c.relkind IN ('r', 'i')
