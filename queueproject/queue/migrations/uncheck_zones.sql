-- As it was: any text.
ALTER TABLE queue_budget DROP CONSTRAINT budget_zone_known
