-- What all hosts used of a resource in each window, and the days on which any sent it.
SELECT s.window_name AS "window", sum(r.total) AS figure,
  count(DISTINCT date_trunc('day', r.at)) AS days
FROM ($rows) AS r
JOIN span AS s ON r.at >= s.starts_at AND r.at < s.ends_at
WHERE r.metric = $$name
GROUP BY s.window_name
