-- On which platform an attempt was, over all sessions that its steps name.
WITH named AS (
  SELECT DISTINCT journey, attempt_id, started_at, session_id
  FROM walked
  WHERE session_id IS NOT NULL
)
SELECT n.journey, n.attempt_id, n.started_at, max(p.platform) AS platform
FROM named AS n
JOIN platforms AS p
  ON n.journey = p.journey AND n.session_id = p.session_id AND p.date = CAST(n.started_at AS DATE)
GROUP BY n.journey, n.attempt_id, n.started_at
