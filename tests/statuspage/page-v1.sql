PRAGMA application_id = 1330926416;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE component (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, description TEXT,
  status TEXT NOT NULL DEFAULT 'operational', position INTEGER NOT NULL, group_id TEXT,
  showcase INTEGER NOT NULL DEFAULT 1, only_show_if_degraded INTEGER NOT NULL DEFAULT 0, start_date TEXT,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
) STRICT;
INSERT INTO "component" VALUES(1,'component001','API',NULL,'partial_outage',1,NULL,1,0,NULL,1795300000000,1795300000002);
INSERT INTO "component" VALUES(2,'component002','Web',NULL,'operational',2,NULL,1,0,NULL,1795300000000,1795300000000);
CREATE TABLE incident (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, status TEXT NOT NULL,
  impact TEXT NOT NULL, worst_impact TEXT NOT NULL, impact_override TEXT,
  is_scheduled INTEGER NOT NULL, is_backfilled INTEGER NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, started_at INTEGER NOT NULL,
  monitoring_at INTEGER, resolved_at INTEGER, scheduled_for INTEGER, scheduled_until INTEGER,
  metadata TEXT NOT NULL DEFAULT '{}', options TEXT NOT NULL DEFAULT '{}'
) STRICT;
INSERT INTO "incident" VALUES(1,'mw2s9r6sscg1','Kept','investigating','major','major',NULL,0,0,1795300000002,1795300000002,1795300000002,NULL,NULL,NULL,NULL,'{"m": {"k": 1}}','{}');
INSERT INTO "incident" VALUES(2,'zhh6oc52mwro','Planned','scheduled','maintenance','maintenance',NULL,1,0,1795300000003,1795300000003,1796090400000,NULL,NULL,1796090400000,1796097600000,'{}','{"scheduled_auto_transition": true, "auto_transition_to_maintenance_state": true}');
CREATE TABLE incident_component (
  incident_id TEXT NOT NULL REFERENCES incident (id) ON DELETE CASCADE,
  component_id TEXT NOT NULL REFERENCES component (id) ON DELETE CASCADE,
  PRIMARY KEY (incident_id, component_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "incident_component" VALUES('mw2s9r6sscg1','component001');
INSERT INTO "incident_component" VALUES('zhh6oc52mwro','component002');
CREATE TABLE incident_update (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
  incident_id TEXT NOT NULL REFERENCES incident (id) ON DELETE CASCADE,
  status TEXT NOT NULL, body TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  display_at INTEGER NOT NULL, is_notifying INTEGER NOT NULL, affected TEXT NOT NULL DEFAULT '[]'
) STRICT;
INSERT INTO "incident_update" VALUES(1,'ittni30b366m','mw2s9r6sscg1','investigating','Words',1795300000002,1795300000002,1795300000002,1,'[["component001", "API", "operational", "partial_outage"]]');
INSERT INTO "incident_update" VALUES(2,'0xtkxh47lp4z','zhh6oc52mwro','scheduled','Soon',1795300000003,1795300000003,1795300000003,1,'[]');
CREATE TABLE page (
  one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL, name TEXT NOT NULL, token TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
) STRICT;
INSERT INTO "page" VALUES(1,'testpage0001','Acme','made-up-token',1795300000000,1795300000001);
CREATE TABLE postmortem (
  incident_id TEXT PRIMARY KEY REFERENCES incident (id) ON DELETE CASCADE,
  body_draft TEXT, body_draft_updated_at INTEGER, body TEXT, body_updated_at INTEGER, published_at INTEGER,
  is_notifying INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX incident_by_state ON incident (is_scheduled, status);
CREATE INDEX update_by_incident ON incident_update (incident_id, seq);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('component',2);
INSERT INTO "sqlite_sequence" VALUES('incident',2);
INSERT INTO "sqlite_sequence" VALUES('incident_update',2);
COMMIT;
