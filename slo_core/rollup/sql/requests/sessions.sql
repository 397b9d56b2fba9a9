-- What the requests of a session were like, for the journeys with a funnel: on which platform, and
-- when one failed or was slow (reached the journey's highest objective), so that a funnel can say
-- why an attempt went no further. Nearly always both lists are null.
SELECT
  CAST(r.ts AS DATE) AS date,
  r.journey_id,
  r.session_id,
  max(w.word) AS platform,
  array_agg(r.ts) FILTER (WHERE r.outcome > 3) AS failed_at,
  array_agg(r.ts) FILTER (WHERE r.band >= f.slow_band AND r.band < 100) AS slow_at
FROM judged AS r
JOIN journey AS j ON r.journey_id = j.journey_id
JOIN funnel_journey AS f ON j.journey = f.journey
LEFT JOIN word AS w ON r.platform = w.code
WHERE r.other_source IS NULL AND r.session_id IS NOT NULL
GROUP BY CAST(r.ts AS DATE), r.journey_id, r.session_id
