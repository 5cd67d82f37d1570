-- Releases of the knowledge base. A release is immutable: what it holds is, for each article, the version of the newest
-- release_change up to it (0: not in it). The newest release answers; a roll-back is a release too. Articles themselves are
-- the draft.
CREATE TABLE knowledge_release (
  id @id@,
  at @int@ NOT NULL,
  author @text@ NOT NULL,
  kind @text@ NOT NULL,
  note @text@ NOT NULL DEFAULT '',
  back_to @int@ NOT NULL DEFAULT 0,
  articles @int@ NOT NULL DEFAULT 0,
  added @int@ NOT NULL DEFAULT 0,
  changed @int@ NOT NULL DEFAULT 0,
  removed @int@ NOT NULL DEFAULT 0,
  check_id @int@ NOT NULL DEFAULT 0,
  override_reason @text@ NOT NULL DEFAULT '',
  figures @text@ NOT NULL DEFAULT ''
) @strict@;

CREATE TABLE release_change (
  article_id @int@ NOT NULL REFERENCES article (id),
  release_id @int@ NOT NULL REFERENCES knowledge_release (id),
  version @int@ NOT NULL,
  PRIMARY KEY (article_id, release_id)
) @strict@;
CREATE INDEX release_change_by_release ON release_change (release_id);

-- What answered before there were releases is the first one.
INSERT INTO knowledge_release (at, author, kind, articles, added)
  SELECT MAX(updated_at), 'system', 'first', COUNT(*), COUNT(*) FROM article WHERE deleted_at = 0 AND status = 'published'
  HAVING COUNT(*) > 0;
INSERT INTO release_change (article_id, release_id, version)
  SELECT a.id, (SELECT MAX(id) FROM knowledge_release), a.version FROM article a WHERE a.deleted_at = 0 AND a.status = 'published';

-- Questions whose right answer the company knows. articles: JSON list of external ids, any of which is right; empty with
-- expect 'none'. source: "editor", "import", "feedback". text_hash: of the normalised text, so that one question stands once.
CREATE TABLE regression_question (
  id @id@,
  text @text@ NOT NULL,
  text_hash @text@ NOT NULL UNIQUE,
  expect @text@ NOT NULL,
  articles @text@ NOT NULL DEFAULT '[]',
  source @text@ NOT NULL,
  author @text@ NOT NULL DEFAULT '',
  created_at @int@ NOT NULL
) @strict@;

-- content: fingerprint of the draft that was checked. state: waiting, running, done, cancelled, failed.
CREATE TABLE release_check (
  id @id@,
  content @text@ NOT NULL,
  base_release @int@ NOT NULL,
  state @text@ NOT NULL,
  step @text@ NOT NULL DEFAULT '',
  author @text@ NOT NULL,
  started_at @int@ NOT NULL,
  ended_at @int@ NOT NULL DEFAULT 0,
  done @int@ NOT NULL DEFAULT 0,
  total @int@ NOT NULL DEFAULT 0,
  publish @text@ NOT NULL DEFAULT '',
  report @text@ NOT NULL DEFAULT '',
  error @text@ NOT NULL DEFAULT ''
) @strict@;

-- Verdicts of a check under way, so that a restart goes on where it stopped; dropped when it ends.
CREATE TABLE check_verdict (
  check_id @int@ NOT NULL REFERENCES release_check (id) ON DELETE CASCADE,
  question @text@ NOT NULL,
  body @text@ NOT NULL,
  PRIMARY KEY (check_id, question)
) @strict@;
