-- Let the planner know the tables as a server that has had them for a while would.
-- Index: none.
ANALYZE
