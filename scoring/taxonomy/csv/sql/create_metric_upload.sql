-- The rows of a file of metrics, as they were read.
-- No index: it is read whole.
CREATE TEMPORARY TABLE taxonomy_metric_upload (
    line bigint,
    external_id text,
    date date,
    source text,
    days_covered smallint,
    is_synthetic boolean,
    impressions bigint,
    clicks bigint,
    position double precision,
    sessions bigint,
    revenue numeric(14, 2),
    transactions bigint,
    bounce_rate double precision,
    avg_session_duration double precision
) ON COMMIT DROP
