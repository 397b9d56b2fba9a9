-- One date's requests. Every draw is a hash of the row's place in the grid (macros.sql).
-- `ways` says how the rows differ that are not the plain good one: those that an incident makes
-- fail, the stream's own failures, and its other unusual rows.
WITH drawn AS (
    SELECT p.ts, p.s, r.*, uniform(h1, 0) AS u, p.fail, p.fail_way,
           h2 >> 44 AS luck,  -- 20 bits that the gaussian leaves
           r.mu + p.slow + r.spread * gaussian(h2) AS ln_duration
    FROM placed('requests') AS p
    JOIN routes AS r ON r.k = p.k AND r.bucket = ((p.h1 >> 24) & 63)::INTEGER
), judged AS (
    SELECT *,
           CASE WHEN u < fail THEN fail_way
                WHEN u < fail + failures THEN failure_way
                WHEN u < fail + failures + unusual THEN unusual_way END AS way,
           CASE WHEN u < fail THEN u / fail
                WHEN u < fail + failures THEN (u - fail) / failures
                WHEN u < fail + failures + unusual THEN (u - fail - failures) / unusual
           END AS place,
           least(
               exp(ln_duration)
               * CASE WHEN (luck & 4095) < tail * 4096
                      THEN 2 * pow(4096.0 / (1 + (luck & 4095)), 0.4) ELSE 1 END,
               timeout_ms * (0.70 + 0.29 * (luck >> 12)::DOUBLE / 256)
           ) AS usual_ms
    FROM drawn
)
SELECT j.ts, j.journey, j.step, s.session_id,
       CASE WHEN j.source = 'client' THEN s.user_id END AS user_id,
       CASE WHEN j.platform IS NOT NULL THEN j.platform
            WHEN j.source = 'client' THEN s.platform END AS platform,
       CASE WHEN w.endpoint IS NULL THEN j.endpoint WHEN w.endpoint <> 'none' THEN w.endpoint END
       AS endpoint,
       CASE WHEN w.method IS NULL THEN j.method WHEN w.method <> 'none' THEN w.method END AS method,
       CASE WHEN w.status IS NULL THEN j.status WHEN w.status > 0 THEN w.status END AS status,
       round(CASE w.duration
             WHEN 'none' THEN NULL
             WHEN 'fast' THEN usual_ms * 0.2
             WHEN 'timeout' THEN timeout_ms
             WHEN 'beyond' THEN timeout_ms * (1.01 + 0.4 * (luck >> 12)::DOUBLE / 256)
             ELSE usual_ms END, 1) AS duration_ms,
       w.error,
       CASE WHEN w.bytes IS NULL
            THEN (j.bytes * (0.5 + (luck >> 8)::DOUBLE / 4096))::BIGINT
            WHEN w.bytes >= 0 THEN w.bytes END AS response_bytes,
       w.excluded,
       CASE WHEN w.source IS NULL THEN j.source END AS source
FROM judged AS j
JOIN sessions AS s ON s.s = j.s
LEFT JOIN ways AS w ON w.key = j.way AND w.bucket = floor(j.place * 1000)::INTEGER
