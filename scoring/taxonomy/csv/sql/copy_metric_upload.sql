-- Send the rows of a file of metrics over in one stream.
-- No index.
COPY taxonomy_metric_upload (
    line, external_id, date, source, days_covered, is_synthetic, impressions, clicks, position, sessions,
    revenue, transactions, bounce_rate, avg_session_duration
) FROM STDIN
