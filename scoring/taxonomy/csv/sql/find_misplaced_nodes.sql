-- Lines whose own depth or path is not what their parents make it. Cells have no spaces at their ends.
-- No index: both tables are read whole, once.
SELECT u.line, u.depth, p.depth, u.path, p.path
FROM taxonomy_node_upload u
JOIN taxonomy_node_place p USING (external_id)
WHERE u.depth <> p.depth OR (u.path <> '' AND u.path <> btrim(p.path))
ORDER BY u.line
