-- One date's host metrics: percentages each minute, storage and compute each hour.
WITH minutes AS (
    SELECT minute, minute + to_seconds(h.second) AS ts, h.*,
           rhythm(minute) AS traffic,
           epoch(getvariable('sample_end') - minute) / 86400 AS days_left,
           hash(h.host, epoch_us(minute), getvariable('seed')) AS draw
    FROM range(time_bucket(INTERVAL 1 MINUTE, getvariable('day_start')),
               getvariable('day_end'), INTERVAL 1 MINUTE) AS r(minute)
    CROSS JOIN hosts AS h
), usual AS (
    SELECT *,
           cpu_base + cpu_load * traffic + 2.5 * gaussian(draw) AS cpu,
           memory_base + memory_load * traffic + 0.6 * gaussian(hash(draw)) AS memory,
           greatest(20, disk_at_end - disk_daily * days_left) AS disk
    FROM minutes
), metrics AS MATERIALIZED (
    SELECT ts, host, 'cpu_percent' AS metric, cpu AS value FROM usual
    UNION ALL SELECT ts, host, 'memory_percent', memory FROM usual
    UNION ALL SELECT ts, host, 'disk_percent', disk FROM usual
    UNION ALL
    SELECT ts, host, 'storage_tb', storage_at_end * pow(2, -days_left / storage_doubling_days)
    FROM usual WHERE minute(minute) = 0 AND storage_at_end IS NOT NULL
    UNION ALL
    SELECT ts, host, 'vcpu_hours', vcpus * (cpu_base + cpu_load * traffic) / 100
    FROM usual WHERE minute(minute) = 59
), effected AS (
    SELECT m.ts, m.host, m.metric,
           sum(e.more + (e.more_end - e.more)
               * (epoch_us(m.ts) - epoch_us(e.begins))
               / (epoch_us(e.ends) - epoch_us(e.begins))) AS extra
    FROM metrics AS m JOIN effects AS e
    ON e.kind = 'resources' AND m.host = e.host AND m.metric = e.metric
    AND m.ts >= e.begins AND m.ts < e.ends
    GROUP BY m.ts, m.host, m.metric
)
SELECT m.ts, m.host, m.metric,
       CASE WHEN m.metric LIKE '%percent'
            THEN round(least(100, greatest(1, m.value + coalesce(e.extra, 0))), 1)
            ELSE round(m.value, 4) END AS value
FROM metrics AS m LEFT JOIN effected AS e
ON m.ts = e.ts AND m.host = e.host AND m.metric = e.metric
WHERE m.ts >= getvariable('day_start') AND m.ts < getvariable('day_end') AND NOT dark(m.ts)
ORDER BY m.ts, m.host, m.metric
