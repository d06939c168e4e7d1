-- Lines of metrics that say again what an earlier line said of the same node, day and source.
-- No index: the table is read whole, once.
SELECT line, earlier, external_id
FROM (
    SELECT line, external_id, first_value(line) OVER (
        PARTITION BY external_id, date, source ORDER BY line
    ) AS earlier
    FROM taxonomy_metric_upload
) twins
WHERE line > earlier
ORDER BY line
