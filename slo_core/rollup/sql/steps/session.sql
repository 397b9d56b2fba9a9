-- The sessions of each date together with those of the date after, for attempts over midnight.
SELECT
  n.date,
  s.journey,
  s.session_id,
  max(s.platform) AS platform,
  sum(s.failed) AS failed,
  max(s.slowest) AS slowest
FROM sessions AS s
JOIN dates AS n ON s.date = n.date OR s.date = n.date + INTERVAL 1 DAY
GROUP BY n.date, s.journey, s.session_id
