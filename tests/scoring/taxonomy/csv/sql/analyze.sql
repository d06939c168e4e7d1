-- Count what there is, as the server does by itself now and then.
-- No index.
ANALYZE taxonomy_node, taxonomy_nodemetric
