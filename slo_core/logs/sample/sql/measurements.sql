-- One date's measurements: log-normal values of each metric, with a heavy tail.
SELECT p.ts, r.journey, r.metric,
       round(exp(r.mu + p.slow + r.spread * gaussian(p.h2))
             * CASE WHEN ((p.h2 >> 44) & 4095) < r.tail * 4096
                    THEN 2 * pow(4096.0 / (1 + ((p.h2 >> 44) & 4095)), 0.4) ELSE 1 END,
             r.decimals) AS value,
       s.session_id, s.platform
FROM placed('measurements') AS p
JOIN metrics AS r ON r.k = p.k
JOIN sessions AS s ON s.s = p.s
