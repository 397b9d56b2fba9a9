-- Requests of one journey in each window, and the days on which there were any. Windows are of
-- whole days, so that days are summed once and few of them are held against windows.
WITH daily AS (
    SELECT date_trunc('day', r.at) AS day, sum(r.requests) AS requests
    FROM ($rows) AS r
    WHERE r.journey = $$name
    GROUP BY 1
)
SELECT s.window_name AS "window", sum(d.requests) AS figure,
  count(*) FILTER (WHERE d.requests > 0) AS days
FROM daily AS d
JOIN span AS s ON d.day >= s.starts_at AND d.day < s.ends_at
GROUP BY s.window_name
