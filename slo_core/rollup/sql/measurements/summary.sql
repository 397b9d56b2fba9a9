-- What each date amounts to.
SELECT
  CAST(minute AS DATE) AS date,
  sum(events) AS accepted,
  min(first_at) AS first_at,
  max(last_at) AS last_at
FROM minute
GROUP BY CAST(minute AS DATE)
