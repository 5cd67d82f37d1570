-- Words that may not be said. exceptions: JSON list of phrases in which the word is harmless. applies: all, bot, agent.
CREATE TABLE forbidden_word (
  id @id@,
  word @text@ NOT NULL UNIQUE,
  exceptions @text@ NOT NULL DEFAULT '[]',
  applies @text@ NOT NULL DEFAULT 'all',
  author @text@ NOT NULL DEFAULT '',
  created_at @int@ NOT NULL DEFAULT 0
) @strict@;
