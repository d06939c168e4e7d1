-- Make room for another import in the same transaction.
-- No index.
DROP TABLE taxonomy_metric_upload
