-- What people taught Zhike from a gap: the questions that went unanswered, and the article that answers them now.
-- state: taught (waits for a release in which the questions are answered right), closed, dismissed. questions: JSON list.
CREATE TABLE learning_gap (
  id @id@,
  question @text@ NOT NULL,
  questions @text@ NOT NULL,
  state @text@ NOT NULL,
  how @text@ NOT NULL DEFAULT '',
  article_id @text@ NOT NULL DEFAULT '',
  author @text@ NOT NULL,
  at @int@ NOT NULL,
  right_before @int@ NOT NULL DEFAULT 0,
  right_after @int@ NOT NULL DEFAULT 0,
  closed_release @int@ NOT NULL DEFAULT 0,
  closed_at @int@ NOT NULL DEFAULT 0
) @strict@;
CREATE INDEX learning_gap_by_state ON learning_gap (state, id);
