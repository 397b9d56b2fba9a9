-- Every request with its outcome, the first match of the outcome table (DESIGN 2.2):
-- 0 good; excluded: 1 as marked, 2 auth, 3 redirect; failed: 4 timeout, 5 network, 6 server_error,
-- 7 exception, 8 client_error, 9 invalid_response, 10 other.
-- `band` says how many of the journey's cuts its duration reaches, 99 for a timeout, 100 where the
-- request is no part of latency (never null, of which a count_if would be null too). `bin` is the
-- histogram's: a log bucket of 2 %, split at the cuts; null for timeouts.
-- `other_source` is that of a row which the journey does not count, only shows beside it; else null.
-- step, platform and endpoint may be the words themselves or numbers for them: nothing here looks
-- into them (the table `word` has both).
WITH outcomes AS (
  SELECT
    r.ts,
    j.journey_id,
    j.has_funnel,
    r.step,
    r.platform,
    r.endpoint,
    r.status,
    r.session_id,
    CASE WHEN r.source <> j.source THEN r.source END AS other_source,
    CASE
      -- Nearly all are good in every respect; to ask that first is quicker, and changes nothing.
      WHEN r.status BETWEEN 200 AND 299 AND r.error IS NULL AND r.excluded IS NULL
        AND r.response_bytes > 0 AND r.duration_ms <= j.timeout_ms THEN 0
      WHEN r.excluded IS NOT NULL THEN 1
      WHEN r.status IN (401, 403) THEN 2
      WHEN r.error = 'timeout' OR r.duration_ms > j.timeout_ms THEN 4
      WHEN r.error = 'network' THEN 5
      WHEN r.status BETWEEN 500 AND 599 THEN 6
      WHEN r.error = 'exception' THEN 7
      WHEN r.status BETWEEN 400 AND 499 THEN 8
      WHEN r.status NOT BETWEEN 200 AND 299 THEN 3
      WHEN r.error = 'invalid_response' THEN 9
      WHEN r.response_bytes = 0
        AND coalesce(r.status, 0) NOT IN (204, 205)
        AND coalesce(r.method, '') NOT IN ('HEAD', 'OPTIONS') THEN 9
      WHEN r.error IS NOT NULL THEN 10
      ELSE 0
    END AS outcome,
    r.duration_ms,
    j.cut_1, j.cut_2, j.cut_3, j.cut_4, j.cut_5, j.cut_6,
    j.cut_7, j.cut_8, j.cut_9, j.cut_10, j.cut_11, j.cut_12
  FROM requests AS r
  JOIN journey AS j ON r.journey = j.journey
),
timed AS (
  SELECT
    *,
    CASE
      WHEN outcome = 4 THEN 99
      WHEN outcome <> 0 OR duration_ms IS NULL THEN 100
      WHEN duration_ms < cut_1 THEN 0
      WHEN duration_ms < cut_2 THEN 1
      WHEN duration_ms < cut_3 THEN 2
      WHEN duration_ms < cut_4 THEN 3
      WHEN duration_ms < cut_5 THEN 4
      WHEN duration_ms < cut_6 THEN 5
      WHEN duration_ms < cut_7 THEN 6
      WHEN duration_ms < cut_8 THEN 7
      WHEN duration_ms < cut_9 THEN 8
      WHEN duration_ms < cut_10 THEN 9
      WHEN duration_ms < cut_11 THEN 10
      WHEN duration_ms < cut_12 THEN 11
      ELSE 12
    END AS band
  FROM outcomes
)
SELECT
  ts,
  CAST(journey_id AS TINYINT) AS journey_id,
  step,
  platform,
  endpoint,
  CAST(status AS SMALLINT) AS status,
  CASE WHEN has_funnel THEN session_id END AS session_id,
  other_source,
  CAST(outcome AS TINYINT) AS outcome,
  CAST(band AS TINYINT) AS band,
  CASE
    WHEN band < 99 THEN CAST(
      CASE WHEN duration_ms > 0.000001 THEN floor(ln(duration_ms) / ln(1.02)) ELSE -1000 END
      AS INTEGER) * 16 + band
  END AS bin
FROM timed
