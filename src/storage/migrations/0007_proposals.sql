-- Similar questions proposed for an article, by the language model or refused by an editor. text_key: the normalised text.
-- near: another article that the question lies nearer to, or ''. state: open, refused (never proposed again).
CREATE TABLE learning_proposal (
  article_id @text@ NOT NULL,
  text_key @text@ NOT NULL,
  text @text@ NOT NULL,
  near @text@ NOT NULL DEFAULT '',
  state @text@ NOT NULL,
  author @text@ NOT NULL,
  at @int@ NOT NULL,
  PRIMARY KEY (article_id, text_key)
) @strict@;
CREATE INDEX learning_proposal_by_state ON learning_proposal (state, at);

-- What the language model was asked on a day (days since 1970 in UTC): the budget outlives a restart.
CREATE TABLE model_use (
  day @int@ PRIMARY KEY,
  calls @int@ NOT NULL,
  tokens @int@ NOT NULL DEFAULT 0
) @strict@;
