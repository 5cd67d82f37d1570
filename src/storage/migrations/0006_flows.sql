-- Flows: conversations written down. A version is immutable; the newest one is the draft; the one named in `published` is
-- what customers meet. name, article: article is that of the published version, so that two flows never take one article.
CREATE TABLE flow (
  id @id@,
  name @text@ NOT NULL,
  article @text@ NOT NULL DEFAULT '',
  newest @int@ NOT NULL,
  published @int@ NOT NULL DEFAULT 0,
  created_at @int@ NOT NULL,
  updated_at @int@ NOT NULL,
  deleted_at @int@ NOT NULL DEFAULT 0
) @strict@;
CREATE UNIQUE INDEX flow_by_name ON flow (name) WHERE deleted_at = 0;
CREATE UNIQUE INDEX flow_by_article ON flow (article) WHERE deleted_at = 0 AND published > 0;

-- published_at: 0 while it was never published.
CREATE TABLE flow_version (
  flow_id @int@ NOT NULL REFERENCES flow (id),
  version @int@ NOT NULL,
  source @text@ NOT NULL,
  author @text@ NOT NULL,
  at @int@ NOT NULL,
  published_at @int@ NOT NULL DEFAULT 0,
  PRIMARY KEY (flow_id, version)
) @strict@;
