-- How many bytes the server's write-ahead log has come to.
SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn
