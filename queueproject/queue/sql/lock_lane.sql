-- One lane, waited for: who spends what was not reserved.
-- Index: primary key.
SELECT key, rate_factor, probing, CASE WHEN probing THEN 1 ELSE max_in_flight END AS max_in_flight, paused_at, paused_reason,
       CASE WHEN blocked_until > statement_timestamp() THEN blocked_until END AS blocked_until
FROM queue_provider WHERE key = %(provider)s
FOR NO KEY UPDATE
