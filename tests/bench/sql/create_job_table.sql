-- Columns, checks, defaults and indexes of the real one; foreign keys, which no claim asks for, stay behind.
CREATE TABLE {}.queue_job (LIKE public.queue_job INCLUDING ALL)
