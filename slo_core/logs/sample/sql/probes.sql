-- One date's health checks: every target at its own second of each interval.
WITH checks AS (
    SELECT tick + to_microseconds((t.offset_ms * 1000 + h % 400000)::BIGINT) AS ts,
           t.scope, t.target, t.latency, h,
           EXISTS (
               SELECT 1 FROM effects AS e
               WHERE e.kind = 'probes' AND tick >= e.begins AND tick < e.ends
               AND coalesce(e.scope = t.scope, true) AND coalesce(e.target = t.target, true)
               AND uniform(h, 0) < e.fail
           ) OR uniform(h, 24) < getvariable('flakes') AS failed
    FROM (
        SELECT tick, t.*, hash(t.target, epoch_us(tick), getvariable('seed')) AS h
        FROM range(time_bucket(getvariable('probe_interval'), getvariable('day_start')),
                   getvariable('day_end'), getvariable('probe_interval')) AS r(tick)
        CROSS JOIN targets AS t
    ) AS t
)
SELECT ts, scope, target, NOT failed AS ok,
       CASE WHEN NOT failed THEN round(latency * exp(0.25 * gaussian(hash(h))), 1) END AS latency_ms
FROM checks
WHERE ts >= getvariable('day_start') AND ts < getvariable('day_end') AND NOT dark(ts)
ORDER BY ts, target
