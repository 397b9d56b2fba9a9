-- Rollup rows of one unit summed by span and step of time. What objectives make of the sums is
-- Python's: for the engine, to understand a question takes longer than to answer it here, and it
-- takes the longer the more the question says.
SELECT
  p.place,
  $moment AS at,
  q.plan,
  q.journey,
  q.$kind AS kind,
  q.platform,
  $sums
FROM ($rows) AS q
JOIN ($pieces) AS p ON q.grain = p.grain AND q.at >= p.starts_at AND q.at < p.ends_at
WHERE $journeys
GROUP BY ALL
