-- Distinct users of each window of whole days, and the days on which there were any. A day's own are
-- counted apart: of what is left to be held against windows, most days are in few.
WITH users AS (
    SELECT u.date, u.user_id FROM ($rows) AS u GROUP BY ALL
), daily AS (
    SELECT u.date, count(u.user_id) AS figure FROM users AS u GROUP BY u.date
)
SELECT s.window_name AS "window", d.figure, 1 AS days
FROM daily AS d
JOIN span AS s ON d.date = s.starts_at
WHERE s.ends_at = s.starts_at + INTERVAL 1 DAY
UNION ALL
SELECT s.window_name AS "window", count(DISTINCT u.user_id) AS figure,
  count(DISTINCT u.date) AS days
FROM users AS u
JOIN (SELECT * FROM span WHERE ends_at > starts_at + INTERVAL 1 DAY) AS s
  ON u.date >= s.starts_at AND u.date < s.ends_at
GROUP BY s.window_name
