-- How many deadlocks Postgres had to end in this database.
-- Index: none.
SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()
