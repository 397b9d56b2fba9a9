-- The register: what people write through the app. Version 4 (`PRAGMA user_version`).
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

-- Since version 3: what alerts and incidents ask of people, corrections, and reviews.

-- Spans whose figures should not count, beside the figures as measured.
CREATE TABLE IF NOT EXISTS corrections (
    id INTEGER PRIMARY KEY,
    scope TEXT NOT NULL,                 -- a journey of the catalogue
    starts_at TEXT NOT NULL,
    ends_at TEXT NOT NULL,
    reason TEXT NOT NULL,
    approver TEXT NOT NULL,
    cancelled_at TEXT,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    updated_by TEXT NOT NULL
);

-- Episodes that somebody has seen and taken on.
CREATE TABLE IF NOT EXISTS acknowledgements (
    id INTEGER PRIMARY KEY,
    alert TEXT NOT NULL,                 -- an alert of the catalogue
    journey TEXT NOT NULL DEFAULT '',    -- of the episode; empty for hosts
    started_at TEXT NOT NULL,            -- the episode's start: which one it is
    acknowledged_at TEXT,                -- null once it is taken back
    note TEXT,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    updated_by TEXT NOT NULL,
    UNIQUE (alert, journey, started_at)
);

-- Alerts that are not to notify for a while. They are evaluated and shown all the same.
CREATE TABLE IF NOT EXISTS silences (
    id INTEGER PRIMARY KEY,
    alert TEXT,                          -- null: every alert
    journey TEXT,                        -- null: every journey
    starts_at TEXT NOT NULL,
    ends_at TEXT NOT NULL,               -- brought forward where it is lifted early
    reason TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    updated_by TEXT NOT NULL
);

-- What a person is to do: an alert's actions that no program can do, an incident's follow-ups, what
-- a review decided. Open until it is done or dropped.
CREATE TABLE IF NOT EXISTS tasks (
    id INTEGER PRIMARY KEY,
    origin TEXT NOT NULL CHECK (origin IN ('alert', 'incident', 'review')),
    reference TEXT NOT NULL,             -- alert|journey|start, the incident's id, or the month
    action TEXT NOT NULL,                -- what is to be done
    owner TEXT,
    due_at TEXT,
    done_at TEXT,
    dropped_at TEXT,                     -- decided not to do it
    note TEXT,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    updated_by TEXT NOT NULL,
    UNIQUE (origin, reference, action)
);

-- What a review wrote down, and the figures that it was held on.
CREATE TABLE IF NOT EXISTS review_notes (
    id INTEGER PRIMARY KEY,
    period TEXT NOT NULL,                -- a month ("2025-03") or a quarter ("2025-Q1")
    kind TEXT NOT NULL CHECK (kind IN ('note', 'decision')),
    topic TEXT,                          -- the part of the review, or "journey/objective"
    body TEXT NOT NULL,
    withdrawn_at TEXT,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    updated_by TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS reviews (
    id INTEGER PRIMARY KEY,
    period TEXT NOT NULL UNIQUE,
    locked_at TEXT,                      -- null once it is opened again
    figures TEXT,                        -- the whole review as JSON, as it was when it was locked
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    updated_by TEXT NOT NULL
);

-- What `watch` has sent, so that a restart sends nothing twice. Programs write it; no history.
CREATE TABLE IF NOT EXISTS notifications (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,            -- what is told, to whom, which time: once each
    kind TEXT NOT NULL,                  -- fired, still, resolved, escalated, silent (no data)
    alert TEXT,
    journey TEXT,
    started_at TEXT,                     -- the episode's start
    target TEXT NOT NULL,                -- the route of the catalogue that it goes to
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at TEXT,
    sent_at TEXT,                        -- null until it was delivered
    failed_at TEXT,                      -- given up
    error TEXT,                          -- the last failure's sentence
    created_at TEXT NOT NULL
);

-- Since version 4: what the gate answered, and what was changed in the catalogue.

-- Each answer of the gate to a deploy pipeline. Programs write it; no history.
CREATE TABLE IF NOT EXISTS gate_calls (
    id INTEGER PRIMARY KEY,
    asked_at TEXT NOT NULL,              -- when it was asked
    at TEXT NOT NULL,                    -- the moment whose figures it answered with
    service TEXT NOT NULL,
    kind TEXT NOT NULL,                  -- of deploy, as the catalogue's policy names it
    allowed INTEGER NOT NULL CHECK (allowed IN (0, 1)),
    because TEXT,                        -- the policy's sentence, null without a state
    state TEXT,                          -- of the policy, null where there was none
    basis TEXT NOT NULL,
    remaining_ratio REAL,
    remaining REAL,                      -- of `allowed_bad`, both in `unit`
    allowed_bad REAL,
    unit TEXT NOT NULL
);

-- Proposed changes of promises that were accepted: who wrote which one into the catalogue's file.
CREATE TABLE IF NOT EXISTS catalogue_changes (
    id INTEGER PRIMARY KEY,
    period TEXT NOT NULL,                -- the review that decided it, a quarter ("2025-Q1")
    catalogue TEXT NOT NULL,             -- the name of the file
    catalogue_version INTEGER NOT NULL,  -- that it has since
    effective_from TEXT NOT NULL,        -- the day from which on it is promised
    change TEXT NOT NULL,                -- "target:api.availability=99.95%"
    diff TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    updated_by TEXT NOT NULL
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
