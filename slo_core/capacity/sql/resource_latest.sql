-- The latest figure of each host in a window, summed, and the days on which any sent it.
WITH latest AS (
    SELECT s.window_name, r.host, max_by(r.last_value, r.at) AS figure
    FROM ($rows) AS r
    JOIN span AS s ON r.at >= s.starts_at AND r.at < s.ends_at
    WHERE r.metric = $$name
    GROUP BY s.window_name, r.host
), seen AS (
    SELECT s.window_name, count(DISTINCT date_trunc('day', r.at)) AS days
    FROM ($rows) AS r
    JOIN span AS s ON r.at >= s.starts_at AND r.at < s.ends_at
    WHERE r.metric = $$name
    GROUP BY s.window_name
)
SELECT l.window_name AS "window", sum(l.figure) AS figure, any_value(n.days) AS days
FROM latest AS l JOIN seen AS n ON l.window_name = n.window_name
GROUP BY l.window_name
