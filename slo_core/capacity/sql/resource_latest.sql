-- The latest figure of each host in a window of whole days, summed, and the days on which any sent it.
WITH daily AS (
    SELECT date_trunc('day', r.at) AS day, r.host, max_by(r.last_value, r.at) AS figure
    FROM ($rows) AS r
    WHERE r.metric = $$name
    GROUP BY 1, 2
), latest AS (
    SELECT s.window_name, d.host, max_by(d.figure, d.day) AS figure
    FROM daily AS d
    JOIN span AS s ON d.day >= s.starts_at AND d.day < s.ends_at
    GROUP BY s.window_name, d.host
), seen AS (
    SELECT s.window_name, count(DISTINCT d.day) AS days
    FROM daily AS d
    JOIN span AS s ON d.day >= s.starts_at AND d.day < s.ends_at
    GROUP BY s.window_name
)
SELECT l.window_name AS "window", sum(l.figure) AS figure, any_value(n.days) AS days
FROM latest AS l JOIN seen AS n ON l.window_name = n.window_name
GROUP BY l.window_name
