-- The steps of these dates that come too late to be part of their attempt: a rollup of a date looks
-- no further than two days ahead.
SELECT DISTINCT journey, attempt_id, ts
FROM chained
WHERE position IS NOT NULL
  AND ts >= started_at + INTERVAL 2 DAY
  AND CAST(ts AS DATE) IN (SELECT date FROM dates)
