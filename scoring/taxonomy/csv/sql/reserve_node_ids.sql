-- Take numbers for new nodes, so that a parent's is known before it is stored.
-- No index.
SELECT nextval(pg_get_serial_sequence('taxonomy_node', 'id')) FROM generate_series(1, %(count)s)
