-- What answers really took, of what was estimated; told once it has moved by a quarter.
-- Index: token_ratio_once.
INSERT INTO queue_tokenratio AS r (provider_id, kind, estimated, actual, noted)
SELECT provider, kind, estimated, actual, 1
FROM unnest(%(providers)s::text[], %(kinds)s::text[], %(estimated)s::float8[], %(actual)s::float8[])
     AS seen(provider, kind, estimated, actual)
ORDER BY provider, kind
ON CONFLICT (provider_id, kind) DO UPDATE SET
    estimated = r.estimated * 0.9 + excluded.estimated, actual = r.actual * 0.9 + excluded.actual
RETURNING provider_id, kind, actual / estimated AS ratio,
          greatest(actual / estimated, 0.01) NOT BETWEEN noted / 1.25 AND noted * 1.25 AS moved
