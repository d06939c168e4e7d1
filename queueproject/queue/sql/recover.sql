-- A good answer ends the probe and lets the rate grow back: a minute of them at the full rate of the scarcest budget
-- restores half of it.
-- Touches nothing on a healthy lane. Indexes: primary key, budget_once.
UPDATE queue_provider p SET
    probing = false, blocked_until = NULL, block_seconds = 0,
    rate_factor = least(1, p.rate_factor + coalesce((
        SELECT 0.5 * max(CASE b.currency WHEN 'calls' THEN 1 ELSE %(tokens)s END / (b."limit" * 60.0 / b.window_seconds))
        FROM queue_budget b
        WHERE b.provider_id = p.key AND b.window_seconds <= 60 AND b."limit" IS NOT NULL), 0.01))
FROM (
    SELECT key, probing, rate_factor FROM queue_provider
    WHERE key = %(provider)s AND (probing OR rate_factor < 1)
      AND (blocked_until IS NULL OR blocked_until <= statement_timestamp())
    FOR NO KEY UPDATE
) was
WHERE p.key = was.key
RETURNING was.probing AS probed, p.rate_factor, was.rate_factor AS rate_before
