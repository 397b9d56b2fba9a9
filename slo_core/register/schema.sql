-- The register: what people write through the app. Version 2 (`PRAGMA user_version`).
-- Timestamps are ISO 8601 text in UTC ("2025-03-31T00:00:00Z"). A row's version is the number of
-- its entries in `history`, so that no table needs a column for it.

CREATE TABLE IF NOT EXISTS maintenance (
    id INTEGER PRIMARY KEY,
    scope TEXT NOT NULL,                 -- a probe scope of the catalogue
    starts_at TEXT NOT NULL,
    ends_at TEXT NOT NULL,
    announced_at TEXT NOT NULL,          -- decides whether the window counts (48 h ahead)
    cancelled_at TEXT,
    reason TEXT
);

CREATE TABLE IF NOT EXISTS incidents (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    severity TEXT NOT NULL,              -- a severity of the catalogue
    status TEXT NOT NULL DEFAULT 'open'
        CHECK (status IN ('open', 'mitigated', 'resolved', 'closed', 'merged')),
    journey TEXT NOT NULL,               -- the journey hit most
    also_journeys TEXT NOT NULL DEFAULT '[]',  -- the others, a JSON list
    platform TEXT,                       -- where only one platform was hit
    alert TEXT,                          -- the alert that raised it, null when a person did
    started_at TEXT NOT NULL,            -- when the impact began
    ended_at TEXT,                       -- when the impact ended
    detected_at TEXT,
    triaged_at TEXT,                     -- acknowledged and assessed: stops the response clock
    mitigated_at TEXT,
    communicated_at TEXT,                -- first told to users
    last_update_at TEXT,                 -- last told to stakeholders: the next update's clock
    resolved_at TEXT,                    -- stops the resolution clock
    postmortem_at TEXT,
    commander TEXT,
    summary TEXT,
    root_cause TEXT,
    five_whys TEXT NOT NULL DEFAULT '[]',      -- a JSON list of answers
    related_change TEXT,                 -- service and version of the guilty change
    merged_into INTEGER REFERENCES incidents (id),
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    updated_by TEXT NOT NULL
);

-- Since version 2: the exit criteria of an exhausted budget that people judge, checked off one by
-- one for each exhaustion.
CREATE TABLE IF NOT EXISTS exit_checks (
    id INTEGER PRIMARY KEY,
    service TEXT NOT NULL,               -- whose budget was exhausted
    exhausted_at TEXT NOT NULL,          -- when this exhaustion was entered: which one it is
    criterion TEXT NOT NULL,             -- a human exit criterion of the catalogue
    checked_at TEXT,                     -- from when on it is met; null once it is taken back
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    updated_by TEXT NOT NULL,            -- who checked it off, or took it back
    UNIQUE (service, exhausted_at, criterion)
);

CREATE TABLE IF NOT EXISTS history (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    table_name TEXT NOT NULL,
    row_id INTEGER NOT NULL,
    action TEXT NOT NULL,
    before_json TEXT,                    -- null for a new row
    after_json TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS history_of_row ON history (table_name, row_id);
