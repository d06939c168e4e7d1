-- The plan of the statement that follows.
-- No index.
EXPLAIN (FORMAT JSON)
