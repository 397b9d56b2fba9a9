-- One date's funnel steps, told by the requests that were just written, so that both agree: an
-- attempt fails where its request failed. `requests` are those of the date and of its neighbours,
-- whose attempts may reach over midnight; `funnels` has a row for each step.
WITH asked AS (
    SELECT ts, r.journey, session_id, duration_ms / 1000 AS seconds,
           coalesce(error IS NULL AND excluded IS NULL AND coalesce(status < 300, true)
                    AND coalesce(response_bytes > 0, true) AND duration_ms <= f.timeout_ms, false)
           AS good,
           hash(session_id, epoch_us(ts), getvariable('seed')) AS h,
           f.abandoned, f.retried
    FROM requests AS r JOIN (
        SELECT DISTINCT journey, source, timeout_ms, abandoned, retried FROM funnels
    ) AS f ON r.journey = f.journey AND coalesce(r.source, f.source) = f.source
    WHERE ts >= getvariable('day_start') - INTERVAL 1 HOUR
    AND ts < getvariable('day_end') + INTERVAL 1 HOUR AND session_id IS NOT NULL
), attempts AS (  -- as asked; asked again after a failure; and begun but never asked
    SELECT *, 0 AS attempt_kind FROM asked
    UNION ALL
    SELECT * REPLACE (true AS good, ts + INTERVAL 20 SECONDS AS ts), 1
    FROM asked WHERE NOT good AND uniform(h, 8) < retried
    UNION ALL
    SELECT * REPLACE (false AS good, xor(h, 1) AS h), 2 FROM asked WHERE uniform(h, 16) < abandoned
), reached AS (
    SELECT a.*, f.step, f.place, hash(a.h, f.place, a.attempt_kind) AS draw,
           a.ts + to_microseconds((1000000 * (
               f.seconds * (0.3 + 1.4 * uniform(hash(a.h, f.place), 0))
               - CASE WHEN f.at_start THEN coalesce(a.seconds, 0) ELSE 0 END
           ))::BIGINT) AS happened
    FROM attempts AS a JOIN funnels AS f ON f.journey = a.journey
    WHERE CASE attempt_kind WHEN 1 THEN f.place > 1 WHEN 2 THEN f.place = 1 ELSE true END
    AND (good OR NOT f.success)
    AND uniform(hash(a.h, 'keeps on'), 0) < f.kept
        * exp(-greatest(0, coalesce(a.seconds, 0) - f.patience) / f.patience)
), told AS (
    SELECT happened, journey, session_id, h, step, draw, 1 AS copy FROM reached
    WHERE uniform(draw, 0) >= getvariable('missing')
    UNION ALL
    SELECT happened + INTERVAL 2 SECONDS, journey, session_id, h, step, draw, 2 FROM reached
    WHERE uniform(draw, 16) < getvariable('repeated')
), clocked AS (
    SELECT happened - CASE WHEN uniform(draw, 32) < getvariable('early')
                           THEN INTERVAL 5 MINUTES ELSE INTERVAL 0 SECONDS END AS ts,
           journey, 'a' || lower(hex(h)) AS attempt_id, step, session_id, copy
    FROM told
)
SELECT ts, journey, attempt_id, step, session_id FROM clocked
WHERE ts >= getvariable('day_start') AND ts < getvariable('day_end') AND NOT dark(ts)
ORDER BY ts, attempt_id, step, copy
