-- Rollup rows of measurements to good and valid events of every objective that counts them.
-- `indicator` has a row per plan, objective and metric: a cut below or above which a value is good,
-- or, for shares of a sum, the signs with which the metric's sum counts as good and as valid. Cut
-- 0: see requests.sql.
SELECT
  counted.at,
  grain,
  journey,
  objective,
  platform,
  CASE
    WHEN cut IS NULL THEN good_sign * total
    WHEN cut = 0 THEN 0
    WHEN above THEN events - below
    ELSE below
  END AS good,
  CASE WHEN cut IS NULL THEN valid_sign * total ELSE events END AS valid
FROM (
  SELECT
    c.at,
    c.grain,
    i.journey,
    i.objective,
    c.platform,
    c.events,
    c.total,
    i.cut,
    i.above,
    i.good_sign,
    i.valid_sign,
    CASE
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
    END AS below
  FROM measurement_counts AS c
  JOIN measurement_indicator AS i
    ON c.plan = i.plan AND c.journey = i.journey AND c.metric = i.metric
) AS counted
