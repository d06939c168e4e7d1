-- The planner may only loop: the plan with which a claim's limit could be passed.
SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_material = off;
SET LOCAL enable_memoize = off; SET LOCAL enable_bitmapscan = off
