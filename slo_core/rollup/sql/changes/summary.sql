-- What each date amounts to.
SELECT CAST(ts AS DATE) AS date, count(*) AS accepted, min(ts) AS first_at, max(ts) AS last_at
FROM changes
GROUP BY CAST(ts AS DATE)
