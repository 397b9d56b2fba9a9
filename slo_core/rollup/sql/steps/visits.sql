-- What the requests of an attempt's sessions were like, over all sessions that its steps name.
WITH named AS (
  SELECT DISTINCT journey, attempt_id, started_at, session_id
  FROM walked
  WHERE session_id IS NOT NULL
)
SELECT
  n.journey,
  n.attempt_id,
  n.started_at,
  max(s.platform) AS platform,
  sum(s.failed) AS failed,
  max(s.slowest) AS slowest
FROM named AS n
JOIN session AS s
  ON n.journey = s.journey AND n.session_id = s.session_id AND s.date = CAST(n.started_at AS DATE)
GROUP BY n.journey, n.attempt_id, n.started_at
