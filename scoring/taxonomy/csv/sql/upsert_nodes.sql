-- Store the nodes of a file, new or changed, and what moved with them; columns not given keep their values.
-- Reads the primary key of nodes for the old rows, and the unique index of project and id.
WITH merged AS (
    INSERT INTO taxonomy_node AS stored (
        id, project_id, parent_id, external_id, depth, path, title, position, url, meta_title,
        meta_description, product_count, content_status, source, metadata, optimization_status
    )
    SELECT
        p.id, %(project)s, p.parent_id, p.external_id, p.depth, p.path,
        COALESCE(u.title, old.title),
        CASE WHEN u.line IS NOT NULL AND 'position' = ANY(%(given)s) THEN COALESCE(u.position, p.position)
             ELSE COALESCE(old.position, p.position) END,
        CASE WHEN u.line IS NOT NULL AND 'url' = ANY(%(given)s) THEN u.url ELSE COALESCE(old.url, '') END,
        CASE WHEN u.line IS NOT NULL AND 'meta_title' = ANY(%(given)s) THEN u.meta_title
             ELSE COALESCE(old.meta_title, '') END,
        CASE WHEN u.line IS NOT NULL AND 'meta_description' = ANY(%(given)s) THEN u.meta_description
             ELSE COALESCE(old.meta_description, '') END,
        CASE WHEN u.line IS NOT NULL AND 'product_count' = ANY(%(given)s) THEN u.product_count
             ELSE old.product_count END,
        CASE WHEN u.line IS NOT NULL AND 'content_status' = ANY(%(given)s) THEN u.content_status
             ELSE COALESCE(old.content_status, '') END,
        CASE WHEN u.line IS NOT NULL AND 'source' = ANY(%(given)s) THEN u.source
             ELSE COALESCE(old.source, '') END,
        CASE WHEN u.line IS NOT NULL AND 'metadata' = ANY(%(given)s) THEN u.metadata
             ELSE COALESCE(old.metadata, '{}') END,
        'no_data'
    FROM taxonomy_node_place p
    LEFT JOIN taxonomy_node_upload u USING (external_id)
    LEFT JOIN taxonomy_node old ON old.id = p.id
    ORDER BY p.id
    ON CONFLICT (project_id, external_id) DO UPDATE SET
        (parent_id, depth, path, title, position, url, meta_title, meta_description, product_count,
         content_status, source, metadata)
        = (excluded.parent_id, excluded.depth, excluded.path, excluded.title, excluded.position, excluded.url,
           excluded.meta_title, excluded.meta_description, excluded.product_count, excluded.content_status,
           excluded.source, excluded.metadata)
    WHERE (stored.parent_id, stored.depth, stored.path, stored.title, stored.position, stored.url,
           stored.meta_title, stored.meta_description, stored.product_count, stored.content_status,
           stored.source, stored.metadata)
        IS DISTINCT FROM
          (excluded.parent_id, excluded.depth, excluded.path, excluded.title, excluded.position, excluded.url,
           excluded.meta_title, excluded.meta_description, excluded.product_count, excluded.content_status,
           excluded.source, excluded.metadata)
    RETURNING stored.external_id, stored.xmax = 0 AS is_new
)
SELECT
    count(*) FILTER (WHERE is_new),
    count(*) FILTER (WHERE NOT is_new AND u.line IS NOT NULL),
    count(*) FILTER (WHERE NOT is_new AND u.line IS NULL)
FROM merged
LEFT JOIN taxonomy_node_upload u USING (external_id)
