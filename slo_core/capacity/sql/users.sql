-- Distinct users of each window, and the days on which there were any.
SELECT s.window_name AS "window", count(DISTINCT u.user_id) AS figure, count(DISTINCT u.date) AS days
FROM ($rows) AS u
JOIN span AS s ON u.date >= s.starts_at AND u.date < s.ends_at
GROUP BY s.window_name
