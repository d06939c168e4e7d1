-- Insert what is new and update what is known, by key.
-- Reads the unique index of the key.
INSERT INTO {table} ({columns})
SELECT {columns} FROM {upload}
ON CONFLICT ({key}) DO UPDATE SET ({updated}) = ROW ({excluded})
RETURNING id, {key}
