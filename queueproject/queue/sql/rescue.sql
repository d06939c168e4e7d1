-- Jobs of dead workers wait again. Only one that had started counts it, runs alone from now on, and fails after the last;
-- one asked for again meanwhile starts afresh. Started: it spent a call, or its worker had named it, or it was lost
-- unstarted too often: what kills a process before its first call leaves no other trace.
-- Indexes: job_worker, primary key, entry_token.
UPDATE queue_job j SET
    state = CASE WHEN held.fails THEN 'failed' ELSE 'pending' END,
    finished_at = CASE WHEN held.fails THEN statement_timestamp() END,
    attempts = CASE WHEN j.rerun THEN 0 ELSE j.attempts - 1 END,
    rescues = CASE WHEN j.rerun THEN 0 ELSE j.rescues + held.started::int END,
    losses = CASE WHEN j.rerun THEN 0 ELSE j.losses + (NOT held.started)::int END, alone = j.alone OR held.started,
    last_error = CASE
        WHEN held.fails THEN 'worker_lost: ' || %(most)s || ' workers died while they ran this job'
        WHEN held.started THEN 'its worker died while it ran' ELSE j.last_error END,
    fingerprint = CASE WHEN held.started THEN 'worker_lost' ELSE j.fingerprint END,
    rerun = false, lease_token = NULL, worker_id = NULL
FROM (
    SELECT ran.*, ran.started AND NOT ran.rerun AND ran.rescues + 1 >= %(most)s AS fails
    FROM (
        SELECT locked.*, locked.losses >= %(most)s OR locked.id = ANY (w.started_job_ids) OR EXISTS (
                   SELECT FROM queue_budgetentry e
                   WHERE e.lease_token = locked.token AND e.spent_at IS NOT NULL
               ) AS started
        FROM (
            SELECT id, lease_token AS token, worker_id AS worker, claimed_at AS claimed, rescues, losses, rerun
            FROM queue_job
            WHERE worker_id = ANY (%(workers)s::bigint[]) AND state = 'processing'
            ORDER BY id
            FOR NO KEY UPDATE SKIP LOCKED  -- one that somebody holds comes with the next round, and keeps no other back
        ) locked
        JOIN queue_worker w ON w.id = locked.worker
    ) ran
) held
WHERE j.id = held.id
RETURNING j.id, j.kind, j.subject_type, j.subject_id, j.batch_id, j.units, j.provider_id, j.sort_key, j.state,
          j.attempts, j.last_error, held.started, held.token, held.worker, held.claimed
