-- Write the scores of a chunk's nodes onto the nodes, in one statement.
-- Index: primary key, by array.
UPDATE taxonomy_node n SET
    opportunity_score = scored.score,
    revenue_potential = scored.potential,
    optimization_status = scored.status,
    last_scored_at = %(now)s
FROM unnest(%(ids)s::bigint[], %(scores)s::smallint[], %(potentials)s::numeric[], %(statuses)s::text[])
     AS scored(id, score, potential, status)
WHERE n.id = scored.id AND n.id = ANY (%(ids)s::bigint[])
