-- Requests of one journey in each window, and the days on which there were any.
SELECT s.window_name AS "window", sum(r.requests) AS figure,
  count(DISTINCT date_trunc('day', r.at)) FILTER (WHERE r.requests > 0) AS days
FROM ($rows) AS r
JOIN span AS s ON r.at >= s.starts_at AND r.at < s.ends_at
WHERE r.journey = $$name
GROUP BY s.window_name
