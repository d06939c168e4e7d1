-- What an enqueue needs of its lane, and the database's clock. Index: primary key.
SELECT key, metered, clock, clock_timestamp() AS stamp FROM queue_provider WHERE key = %(provider)s
