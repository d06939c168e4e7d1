-- Make room for another import in the same transaction.
-- No index.
DROP TABLE taxonomy_node_upload, taxonomy_node_place
