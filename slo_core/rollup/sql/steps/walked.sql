-- Every step of an attempt that starts on a date of this rollup, of its first two days.
SELECT journey, attempt_id, started_at, position, ts, session_id
FROM chained
WHERE position IS NOT NULL
  AND CAST(started_at AS DATE) IN (SELECT date FROM dates)
  AND ts < started_at + INTERVAL 2 DAY
