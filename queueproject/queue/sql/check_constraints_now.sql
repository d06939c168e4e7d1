-- Deferred foreign keys are checked before the batch row is touched, while it is still known whose they are.
SET CONSTRAINTS ALL IMMEDIATE
