-- Make the table that COPY fills; it has the target's columns and none of its constraints.
-- No index: it is read once, whole.
CREATE TEMPORARY TABLE {upload} ON COMMIT DROP AS SELECT {columns} FROM {table} WITH NO DATA
