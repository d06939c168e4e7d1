-- Send the rows of a file of nodes over in one stream.
-- No index.
COPY taxonomy_node_upload (
    line, external_id, title, path, depth, position, url, meta_title, meta_description, product_count,
    content_status, source, metadata
) FROM STDIN
