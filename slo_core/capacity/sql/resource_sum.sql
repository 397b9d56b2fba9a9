-- What all hosts used of a resource in each window of whole days, and the days on which any sent it.
WITH daily AS (
    SELECT date_trunc('day', r.at) AS day, sum(r.total) AS total
    FROM ($rows) AS r
    WHERE r.metric = $$name
    GROUP BY 1
)
SELECT s.window_name AS "window", sum(d.total) AS figure, count(*) AS days
FROM daily AS d
JOIN span AS s ON d.day >= s.starts_at AND d.day < s.ends_at
GROUP BY s.window_name
