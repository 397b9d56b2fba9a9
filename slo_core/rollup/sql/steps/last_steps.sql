-- The last step of each attempt on these dates and the attempt's start: what the day after must
-- know once the raw logs are gone, so as not to begin the attempt anew.
SELECT
  CAST(ts AS DATE) AS date,
  journey,
  attempt_id,
  max(started_at) AS began_at,
  max(ts) AS last_at
FROM chained
WHERE position IS NOT NULL
  AND CAST(ts AS DATE) IN (SELECT date FROM dates)
GROUP BY CAST(ts AS DATE), journey, attempt_id
