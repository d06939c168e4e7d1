-- May this lease call now? Whether it is held, whether its lane is open and keeps an interval, what is reserved, and
-- what such calls took of their estimates. What is reserved is locked: a recall between this look and the spend took its
-- amount away, and the call was counted as nothing. Indexes: primary keys, entry_token, token_ratio_once.
SELECT p.probing, p.paused_at IS NOT NULL AS paused, p.paused_reason, p.min_interval_seconds > 0 AS paces,
       CASE WHEN p.blocked_until > statement_timestamp() THEN p.blocked_until END AS blocked_until,
       EXISTS (SELECT FROM queue_job j WHERE j.id = ANY (%(ids)s::bigint[]) AND j.lease_token = %(token)s) AS leased,
       reserved.calls AS reserved_calls, reserved.tokens AS reserved_tokens,
       (SELECT r.actual / r.estimated FROM queue_tokenratio r WHERE r.provider_id = p.key AND r.kind = %(kind)s) AS ratio
FROM queue_provider p
CROSS JOIN LATERAL (
    SELECT coalesce(sum(e.amount) FILTER (WHERE e.currency = 'calls'), 0)::bigint AS calls,
           coalesce(sum(e.amount) FILTER (WHERE e.currency = 'tokens'), 0)::bigint AS tokens
    FROM (
        SELECT currency, amount FROM queue_budgetentry
        WHERE lease_token = %(token)s AND answered_at IS NULL AND spent_at IS NULL
        FOR NO KEY UPDATE
    ) e
) reserved
WHERE p.key = %(provider)s
