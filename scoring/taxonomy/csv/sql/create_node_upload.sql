-- The rows of a file of nodes, as they were read.
-- No index: it is read whole.
CREATE TEMPORARY TABLE taxonomy_node_upload (
    line bigint,
    external_id text,
    title text,
    path text,
    depth bigint,
    position bigint,
    url text,
    meta_title text,
    meta_description text,
    product_count bigint,
    content_status text,
    source text,
    metadata jsonb
) ON COMMIT DROP
