-- The database's clock, which is everybody's.
SELECT clock_timestamp()
