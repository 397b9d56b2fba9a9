-- One row per minute, journey, step and platform: outcomes, and how many of the timed requests
-- (good ones with a duration, and timeouts) lie below each of the journey's cuts.
SELECT
  date_trunc('minute', ts) AS minute,
  journey_id,
  step,
  platform,
  count(*) AS requests,
  count_if(outcome = 0) AS good,
  count_if(outcome = 1) AS excluded,
  count_if(outcome = 2) AS auth,
  count_if(outcome = 3) AS redirect,
  count_if(outcome = 4) AS timeout,
  count_if(outcome = 5) AS network,
  count_if(outcome = 6) AS server_error,
  count_if(outcome = 7) AS exception,
  count_if(outcome = 8) AS client_error,
  count_if(outcome = 9) AS invalid_response,
  count_if(outcome = 10) AS other,
  count_if(band < 100) AS timed,
  count_if(band < 1) AS below_1,
  count_if(band < 2) AS below_2,
  count_if(band < 3) AS below_3,
  count_if(band < 4) AS below_4,
  count_if(band < 5) AS below_5,
  count_if(band < 6) AS below_6,
  count_if(band < 7) AS below_7,
  count_if(band < 8) AS below_8,
  count_if(band < 9) AS below_9,
  count_if(band < 10) AS below_10,
  count_if(band < 11) AS below_11,
  count_if(band < 12) AS below_12,
  min(ts) AS first_at,
  max(ts) AS last_at,
  array_agg(bin) FILTER (WHERE bin IS NOT NULL) AS bins
FROM judged
WHERE other_source IS NULL
GROUP BY date_trunc('minute', ts), journey_id, step, platform
