-- Lines of metrics whose node the project does not have.
-- Reads the unique index of project and id, or the project's nodes whole.
SELECT u.line, u.external_id
FROM taxonomy_metric_upload u
LEFT JOIN taxonomy_node n ON n.project_id = %(project)s AND n.external_id = u.external_id
WHERE n.id IS NULL
ORDER BY u.line
