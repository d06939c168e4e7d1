-- A zone the database does not know would stop the claim of every metered lane: it is refused where it is written.
ALTER TABLE queue_budget ADD CONSTRAINT budget_zone_known
    CHECK ((timestamptz '2000-01-01 00:00:00+00' AT TIME ZONE zone) IS NOT NULL)
