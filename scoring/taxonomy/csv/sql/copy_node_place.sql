-- Send over where the nodes stand.
-- No index.
COPY taxonomy_node_place (id, parent_id, external_id, depth, path, position) FROM STDIN
