-- What each date amounts to: the steps that are part of an attempt.
SELECT CAST(ts AS DATE) AS date, count(*) AS accepted, min(ts) AS first_at, max(ts) AS last_at
FROM chained
WHERE position IS NOT NULL
  AND ts < started_at + INTERVAL 2 DAY
  AND CAST(ts AS DATE) IN (SELECT date FROM dates)
GROUP BY CAST(ts AS DATE)
