-- Rollup rows of requests to good and valid events of every objective that counts requests.
-- `indicator` has a row per plan and objective: which step it keeps to (null: all), and the cut
-- below which a timed request is good (null: the outcome decides; 0: the plan has no such cut, and
-- the histogram says how many were good).
SELECT
  c.at,
  c.grain,
  i.journey,
  i.objective,
  c.platform,
  CASE
    WHEN i.cut IS NULL THEN c.good
    WHEN i.cut = 0 THEN 0
    WHEN i.cut = 1 THEN c.below_1
    WHEN i.cut = 2 THEN c.below_2
    WHEN i.cut = 3 THEN c.below_3
    WHEN i.cut = 4 THEN c.below_4
    WHEN i.cut = 5 THEN c.below_5
    WHEN i.cut = 6 THEN c.below_6
    WHEN i.cut = 7 THEN c.below_7
    WHEN i.cut = 8 THEN c.below_8
    WHEN i.cut = 9 THEN c.below_9
    WHEN i.cut = 10 THEN c.below_10
    WHEN i.cut = 11 THEN c.below_11
    WHEN i.cut = 12 THEN c.below_12
  END AS good,
  CASE
    WHEN i.cut IS NULL THEN c.requests - c.excluded - c.auth - c.redirect
    ELSE c.timed
  END AS valid
FROM request_counts AS c
JOIN request_indicator AS i
  ON c.plan = i.plan AND c.journey = i.journey AND (i.step IS NULL OR c.step = i.step)
