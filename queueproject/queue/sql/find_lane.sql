-- What an enqueue needs of its lane, the database's clock, and what staff have set; one look. Index: primary key.
SELECT key, metered, clock, clock_timestamp() AS stamp,
       (SELECT jsonb_agg(jsonb_build_array(s.key, s.provider, s.value)) FROM queue_setting s) AS settings
FROM queue_provider
WHERE key = %(provider)s
