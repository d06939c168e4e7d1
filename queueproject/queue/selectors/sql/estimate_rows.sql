-- How many rows the planner believes a table has; -1 before it was ever analysed.
-- Index: primary key of pg_class's names.
SELECT reltuples::bigint AS estimate FROM pg_class WHERE oid = %(table)s::regclass
