-- Intents: what customers want, by examples. examples: JSON array of texts. leads_to: nothing, handover (to team_id, or to
-- the inbox's team where that is null), flow (by name; runs while it is published). label_id and priority go with any.
CREATE TABLE intent (
  id @id@,
  name @text@ NOT NULL,
  description @text@ NOT NULL DEFAULT '',
  examples @text@ NOT NULL,
  leads_to @text@ NOT NULL,
  team_id @int@ REFERENCES team (id) ON DELETE SET NULL,
  flow @text@ NOT NULL DEFAULT '',
  label_id @int@ REFERENCES label (id) ON DELETE SET NULL,
  priority @int@ NOT NULL DEFAULT 0,
  version @int@ NOT NULL,
  author @text@ NOT NULL,
  created_at @int@ NOT NULL,
  updated_at @int@ NOT NULL
) @strict@;
CREATE UNIQUE INDEX intent_by_name ON intent (name);
