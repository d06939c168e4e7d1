-- Store metrics, new or changed, and note it on their nodes; columns not given keep their values.
-- Reads the unique index of project and id, that of node, day and source, and the primary key of nodes.
WITH merged AS (
    INSERT INTO taxonomy_nodemetric AS stored (
        node_id, date, source, days_covered, is_synthetic, impressions, clicks, position, sessions, revenue,
        transactions, bounce_rate, avg_session_duration
    )
    SELECT
        n.id, u.date, u.source, u.days_covered, u.is_synthetic,
        CASE WHEN 'impressions' = ANY(%(given)s) THEN u.impressions ELSE old.impressions END,
        CASE WHEN 'clicks' = ANY(%(given)s) THEN u.clicks ELSE old.clicks END,
        CASE WHEN 'position' = ANY(%(given)s) THEN u.position ELSE old.position END,
        CASE WHEN 'sessions' = ANY(%(given)s) THEN u.sessions ELSE old.sessions END,
        CASE WHEN 'revenue' = ANY(%(given)s) THEN u.revenue ELSE old.revenue END,
        CASE WHEN 'transactions' = ANY(%(given)s) THEN u.transactions ELSE old.transactions END,
        CASE WHEN 'bounce_rate' = ANY(%(given)s) THEN u.bounce_rate ELSE old.bounce_rate END,
        CASE WHEN 'avg_session_duration' = ANY(%(given)s) THEN u.avg_session_duration
             ELSE old.avg_session_duration END
    FROM taxonomy_metric_upload u
    JOIN taxonomy_node n ON n.project_id = %(project)s AND n.external_id = u.external_id
    LEFT JOIN taxonomy_nodemetric old ON old.node_id = n.id AND old.date = u.date AND old.source = u.source
    ORDER BY n.id, u.date, u.source
    ON CONFLICT (node_id, date, source) DO UPDATE SET
        (days_covered, is_synthetic, impressions, clicks, position, sessions, revenue, transactions,
         bounce_rate, avg_session_duration)
        = (excluded.days_covered, excluded.is_synthetic, excluded.impressions, excluded.clicks,
           excluded.position, excluded.sessions, excluded.revenue, excluded.transactions,
           excluded.bounce_rate, excluded.avg_session_duration)
    WHERE (stored.days_covered, stored.is_synthetic, stored.impressions, stored.clicks, stored.position,
           stored.sessions, stored.revenue, stored.transactions, stored.bounce_rate,
           stored.avg_session_duration)
        IS DISTINCT FROM
          (excluded.days_covered, excluded.is_synthetic, excluded.impressions, excluded.clicks,
           excluded.position, excluded.sessions, excluded.revenue, excluded.transactions,
           excluded.bounce_rate, excluded.avg_session_duration)
    RETURNING stored.node_id, stored.xmax = 0 AS is_new
),
touched AS (
    UPDATE taxonomy_node
    SET metrics_updated_at = %(now)s
    -- In the order of ids, as everybody who locks nodes does.
    WHERE id = ANY(ARRAY(
        SELECT id FROM taxonomy_node
        WHERE id = ANY(ARRAY(SELECT DISTINCT node_id FROM merged))
        ORDER BY id
        FOR NO KEY UPDATE
    ))
)
SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM merged
