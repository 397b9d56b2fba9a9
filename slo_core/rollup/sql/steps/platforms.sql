-- The platform of each session, for attempts that start on each date and may go on for two days.
SELECT n.date, s.journey, s.session_id, max(s.platform) AS platform
FROM sessions AS s
JOIN dates AS n ON s.date >= n.date AND s.date <= n.date + INTERVAL 2 DAY
GROUP BY n.date, s.journey, s.session_id
