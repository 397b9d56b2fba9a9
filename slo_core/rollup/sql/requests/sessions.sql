-- What the requests of a session were like, for the journeys with a funnel: on which platform, and
-- whether one failed or was slow (reached the journey's highest objective), so that a funnel can
-- say why an attempt went no further.
SELECT
  CAST(ts AS DATE) AS date,
  journey_id,
  session_id,
  max(platform) AS platform,
  count_if(outcome > 3) AS failed,
  max(CASE WHEN band < 100 THEN band END) AS slowest
FROM judged
WHERE counted AND has_funnel AND session_id IS NOT NULL
GROUP BY CAST(ts AS DATE), journey_id, session_id
