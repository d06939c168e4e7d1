-- Done jobs leave the table.
SELECT EXISTS (SELECT FROM pgqueuer)
