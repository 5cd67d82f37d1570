-- The first schema, one text for SQLite and PostgreSQL. Tokens @id@ @int@ @real@ @text@ @bytes@ @strict@ are replaced for
-- the engine (see storage/migration.cpp). Times are µs UTC with 0 = never; flags are 0/1; JSON is text; "" = absent.
-- Ids are assigned by the database and never inserted by hand. A reference that is "none" is NULL.

-- Ledger ---------------------------------------------------------------------------------------------------------
CREATE TABLE event (
  seq @id@,
  at @int@ NOT NULL,
  kind @text@ NOT NULL,
  inbox_id @int@ NOT NULL DEFAULT 0,
  conversation_id @int@ NOT NULL DEFAULT 0,
  contact_id @int@ NOT NULL DEFAULT 0,
  actor @text@ NOT NULL,
  audience @text@ NOT NULL,
  payload @text@ NOT NULL
) @strict@;
CREATE INDEX event_by_at ON event (at);

-- How far a consumer of the ledger (a roll-up, a derived index) has come.
CREATE TABLE cursor (
  consumer @text@ NOT NULL PRIMARY KEY,
  seq @int@ NOT NULL,
  updated_at @int@ NOT NULL DEFAULT 0
) @strict@;

CREATE TABLE setting (
  key @text@ NOT NULL PRIMARY KEY,
  value @text@ NOT NULL,
  updated_at @int@ NOT NULL DEFAULT 0
) @strict@;

-- People ---------------------------------------------------------------------------------------------------------
CREATE TABLE agent (
  id @id@,
  email @text@ NOT NULL UNIQUE,
  name @text@ NOT NULL,
  password_hash @text@ NOT NULL DEFAULT '',
  role @text@ NOT NULL,
  availability @text@ NOT NULL DEFAULT 'offline',
  capacity @int@ NOT NULL DEFAULT 5,
  locale @text@ NOT NULL DEFAULT 'zh-CN',
  disabled @int@ NOT NULL DEFAULT 0,
  created_at @int@ NOT NULL DEFAULT 0,
  updated_at @int@ NOT NULL DEFAULT 0,
  last_seen_at @int@ NOT NULL DEFAULT 0
) @strict@;

CREATE TABLE team (
  id @id@,
  name @text@ NOT NULL UNIQUE,
  created_at @int@ NOT NULL DEFAULT 0
) @strict@;

CREATE TABLE team_agent (
  team_id @int@ NOT NULL REFERENCES team (id) ON DELETE CASCADE,
  agent_id @int@ NOT NULL REFERENCES agent (id) ON DELETE CASCADE,
  PRIMARY KEY (team_id, agent_id)
) @strict@;
CREATE INDEX team_agent_by_agent ON team_agent (agent_id);

-- Only hashes of tokens and keys are kept.
CREATE TABLE session (
  token_hash @text@ NOT NULL PRIMARY KEY,
  agent_id @int@ NOT NULL REFERENCES agent (id) ON DELETE CASCADE,
  created_at @int@ NOT NULL,
  expires_at @int@ NOT NULL,
  last_seen_at @int@ NOT NULL DEFAULT 0
) @strict@;
CREATE INDEX session_by_agent ON session (agent_id);
CREATE INDEX session_by_expiry ON session (expires_at);

CREATE TABLE api_key (
  id @id@,
  name @text@ NOT NULL,
  key_hash @text@ NOT NULL UNIQUE,
  role @text@ NOT NULL,
  created_by @int@ REFERENCES agent (id) ON DELETE SET NULL,
  created_at @int@ NOT NULL,
  last_used_at @int@ NOT NULL DEFAULT 0,
  revoked_at @int@ NOT NULL DEFAULT 0
) @strict@;

-- Hash chain: hash covers prev_hash and every other column of the row but seq. audit_head has the last hash and their number.
CREATE TABLE audit (
  seq @id@,
  at @int@ NOT NULL,
  actor @text@ NOT NULL,
  action @text@ NOT NULL,
  target @text@ NOT NULL,
  detail @text@ NOT NULL,
  prev_hash @text@ NOT NULL,
  hash @text@ NOT NULL UNIQUE
) @strict@;
CREATE TABLE audit_head (
  id @int@ NOT NULL PRIMARY KEY CHECK (id = 1),
  entries @int@ NOT NULL,
  hash @text@ NOT NULL
) @strict@;
INSERT INTO audit_head (id, entries, hash) VALUES (1, 0, '');

-- Inboxes and contacts -------------------------------------------------------------------------------------------
CREATE TABLE inbox (
  id @id@,
  name @text@ NOT NULL UNIQUE,
  channel @text@ NOT NULL DEFAULT 'web',
  website_token @text@ NOT NULL UNIQUE,
  identity_secret @bytes@,
  team_id @int@ REFERENCES team (id) ON DELETE SET NULL,
  settings @text@ NOT NULL DEFAULT '{}',
  created_at @int@ NOT NULL DEFAULT 0,
  updated_at @int@ NOT NULL DEFAULT 0
) @strict@;

-- name, email and phone are masked forms; the hashes are keyed, for look-up by the full value.
CREATE TABLE contact (
  id @id@,
  external_id @text@ NOT NULL DEFAULT '',
  name @text@ NOT NULL DEFAULT '',
  email @text@ NOT NULL DEFAULT '',
  phone @text@ NOT NULL DEFAULT '',
  email_hash @text@ NOT NULL DEFAULT '',
  phone_hash @text@ NOT NULL DEFAULT '',
  locale @text@ NOT NULL DEFAULT '',
  attributes @text@ NOT NULL DEFAULT '{}',
  verified @int@ NOT NULL DEFAULT 0,
  created_at @int@ NOT NULL DEFAULT 0,
  last_seen_at @int@ NOT NULL DEFAULT 0
) @strict@;
CREATE UNIQUE INDEX contact_by_external_id ON contact (external_id) WHERE external_id <> '';
CREATE INDEX contact_by_email_hash ON contact (email_hash) WHERE email_hash <> '';
CREATE INDEX contact_by_phone_hash ON contact (phone_hash) WHERE phone_hash <> '';
CREATE INDEX contact_by_last_seen ON contact (last_seen_at DESC, id DESC);

CREATE TABLE contact_note (
  id @id@,
  contact_id @int@ NOT NULL REFERENCES contact (id) ON DELETE CASCADE,
  agent_id @int@ REFERENCES agent (id) ON DELETE SET NULL,
  text @text@ NOT NULL,
  created_at @int@ NOT NULL
) @strict@;
CREATE INDEX contact_note_by_contact ON contact_note (contact_id, id);

-- Sealed originals of personal data; hash is keyed.
CREATE TABLE vault (
  id @id@,
  kind @text@ NOT NULL,
  sealed @bytes@ NOT NULL,
  key_id @int@ NOT NULL DEFAULT 0,
  hash @text@ NOT NULL DEFAULT '',
  contact_id @int@ REFERENCES contact (id) ON DELETE CASCADE,
  conversation_id @int@ NOT NULL DEFAULT 0,
  created_at @int@ NOT NULL,
  expires_at @int@ NOT NULL DEFAULT 0
) @strict@;
CREATE INDEX vault_by_hash ON vault (hash) WHERE hash <> '';
CREATE INDEX vault_by_contact ON vault (contact_id);
CREATE INDEX vault_by_expiry ON vault (expires_at) WHERE expires_at > 0;

-- Conversations --------------------------------------------------------------------------------------------------
CREATE TABLE conversation (
  id @id@,
  inbox_id @int@ NOT NULL REFERENCES inbox (id),
  contact_id @int@ NOT NULL REFERENCES contact (id),
  status @text@ NOT NULL DEFAULT 'open',
  handler @text@ NOT NULL DEFAULT 'bot',
  assignee_id @int@ REFERENCES agent (id),
  team_id @int@ REFERENCES team (id) ON DELETE SET NULL,
  priority @int@ NOT NULL DEFAULT 0,
  locale @text@ NOT NULL DEFAULT '',
  preview @text@ NOT NULL DEFAULT '',
  last_message_id @int@,
  last_message_at @int@ NOT NULL DEFAULT 0,
  created_at @int@ NOT NULL DEFAULT 0,
  waiting_since @int@ NOT NULL DEFAULT 0,
  first_reply_at @int@ NOT NULL DEFAULT 0,
  handed_over_at @int@ NOT NULL DEFAULT 0,
  resolved_at @int@ NOT NULL DEFAULT 0,
  snoozed_until @int@ NOT NULL DEFAULT 0,
  visitor_read_id @int@,
  agent_read_id @int@,
  labels @text@ NOT NULL DEFAULT '[]',
  unread_count @int@ NOT NULL DEFAULT 0,
  last_sender @text@ NOT NULL DEFAULT 'visitor',
  last_visitor_id @int@,
  turn_done_id @int@,
  bot_attempts @int@ NOT NULL DEFAULT 0,
  rating @int@ NOT NULL DEFAULT 0,
  rating_comment @text@ NOT NULL DEFAULT '',
  bot_state @text@ NOT NULL DEFAULT ''
) @strict@;
CREATE INDEX conversation_by_activity ON conversation (last_message_at DESC, id DESC);
CREATE INDEX conversation_by_status ON conversation (status, last_message_at DESC, id DESC);
CREATE INDEX conversation_by_assignee ON conversation (assignee_id, status, last_message_at DESC, id DESC)
  WHERE assignee_id IS NOT NULL;
CREATE INDEX conversation_waiting ON conversation (priority DESC, waiting_since, id) WHERE handler = 'waiting';
CREATE INDEX conversation_by_contact ON conversation (contact_id, id DESC);
CREATE INDEX conversation_snoozed ON conversation (snoozed_until) WHERE status = 'snoozed';
CREATE INDEX conversation_by_created ON conversation (created_at);
CREATE INDEX conversation_by_resolved ON conversation (resolved_at) WHERE resolved_at > 0;

-- blocks is the JSON array that is shown, text its plain form. A sender never stores two messages under one client_id, in
-- whatever conversation: a retry after the conversation was resolved is still a retry.
CREATE TABLE message (
  id @id@,
  conversation_id @int@ NOT NULL REFERENCES conversation (id),
  sender @text@ NOT NULL,
  sender_id @int@ NOT NULL DEFAULT 0,
  kind @text@ NOT NULL DEFAULT 'text',
  blocks @text@ NOT NULL,
  text @text@ NOT NULL DEFAULT '',
  client_id @text@ NOT NULL DEFAULT '',
  pick @text@ NOT NULL DEFAULT '',
  article_id @text@ NOT NULL DEFAULT '',
  article_question @text@ NOT NULL DEFAULT '',
  decision @text@ NOT NULL DEFAULT '',
  probability @real@ NOT NULL DEFAULT 0,
  feedback @int@ NOT NULL DEFAULT 0,
  created_at @int@ NOT NULL
) @strict@;
CREATE INDEX message_by_conversation ON message (conversation_id, id);
CREATE INDEX message_by_decision ON message (decision, created_at) WHERE decision <> '';
CREATE UNIQUE INDEX message_by_client_id ON message (sender_id, client_id, sender) WHERE client_id <> '';

-- Why the bot said what it said; body is the JSON of docs/protocol.md.
CREATE TABLE trace (
  message_id @int@ NOT NULL PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
  body @text@ NOT NULL
) @strict@;

CREATE TABLE attachment (
  id @id@,
  conversation_id @int@ REFERENCES conversation (id) ON DELETE CASCADE,
  contact_id @int@ REFERENCES contact (id) ON DELETE CASCADE,
  uploader @text@ NOT NULL,
  name @text@ NOT NULL,
  mime @text@ NOT NULL,
  size @int@ NOT NULL,
  sha256 @text@ NOT NULL,
  created_at @int@ NOT NULL,
  bytes @bytes@ NOT NULL
) @strict@;
CREATE INDEX attachment_by_conversation ON attachment (conversation_id);

CREATE TABLE label (
  id @id@,
  name @text@ NOT NULL UNIQUE,
  color @text@ NOT NULL DEFAULT ''
) @strict@;

CREATE TABLE conversation_label (
  conversation_id @int@ NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
  label_id @int@ NOT NULL REFERENCES label (id) ON DELETE CASCADE,
  PRIMARY KEY (conversation_id, label_id)
) @strict@;
CREATE INDEX conversation_label_by_label ON conversation_label (label_id, conversation_id);

CREATE TABLE canned_response (
  id @id@,
  shortcut @text@ NOT NULL UNIQUE,
  title @text@ NOT NULL,
  blocks @text@ NOT NULL,
  updated_at @int@ NOT NULL DEFAULT 0
) @strict@;

-- Knowledge ------------------------------------------------------------------------------------------------------
CREATE TABLE article (
  id @id@,
  external_id @text@ NOT NULL UNIQUE,
  category @text@ NOT NULL DEFAULT '',
  question @text@ NOT NULL,
  answer @text@ NOT NULL,
  valid_from @int@ NOT NULL DEFAULT 0,
  valid_until @int@ NOT NULL DEFAULT 0,
  channels @text@ NOT NULL DEFAULT '[]',
  language @text@ NOT NULL DEFAULT 'zh-CN',
  translation_of @text@ NOT NULL DEFAULT '',
  status @text@ NOT NULL DEFAULT 'published',
  version @int@ NOT NULL DEFAULT 1,
  author @text@ NOT NULL DEFAULT '',
  created_at @int@ NOT NULL DEFAULT 0,
  updated_at @int@ NOT NULL DEFAULT 0,
  deleted_at @int@ NOT NULL DEFAULT 0
) @strict@;
CREATE INDEX article_by_updated ON article (updated_at DESC, id DESC);
CREATE INDEX article_by_category ON article (category, updated_at DESC, id DESC);

-- source: where a similar question came from ("editor", "import", "learnt", …).
CREATE TABLE article_similar (
  article_id @int@ NOT NULL REFERENCES article (id) ON DELETE CASCADE,
  position @int@ NOT NULL,
  text @text@ NOT NULL,
  source @text@ NOT NULL DEFAULT '',
  PRIMARY KEY (article_id, position)
) @strict@;

-- body is the JSON of the whole article as it was saved.
CREATE TABLE article_version (
  article_id @int@ NOT NULL REFERENCES article (id) ON DELETE CASCADE,
  version @int@ NOT NULL,
  author @text@ NOT NULL,
  at @int@ NOT NULL,
  body @text@ NOT NULL,
  PRIMARY KEY (article_id, version)
) @strict@;

-- Out and in -----------------------------------------------------------------------------------------------------
-- seq: the last ledger event delivered or given up.
CREATE TABLE webhook (
  id @id@,
  url @text@ NOT NULL,
  secret @bytes@ NOT NULL,
  events @text@ NOT NULL DEFAULT '[]',
  enabled @int@ NOT NULL DEFAULT 1,
  seq @int@ NOT NULL DEFAULT 0,
  failures @int@ NOT NULL DEFAULT 0,
  next_attempt_at @int@ NOT NULL DEFAULT 0,
  last_status @int@ NOT NULL DEFAULT 0,
  last_error @text@ NOT NULL DEFAULT '',
  created_at @int@ NOT NULL DEFAULT 0
) @strict@;

CREATE TABLE webhook_delivery (
  id @id@,
  webhook_id @int@ NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
  seq @int@ NOT NULL,
  attempt @int@ NOT NULL,
  at @int@ NOT NULL,
  status @int@ NOT NULL,
  error @text@ NOT NULL DEFAULT ''
) @strict@;
CREATE INDEX webhook_delivery_by_webhook ON webhook_delivery (webhook_id, id);

-- The first answer to a POST with an Idempotency-Key, sealed; scope is who asked and what path.
CREATE TABLE idempotency (
  scope @text@ NOT NULL,
  key @text@ NOT NULL,
  request_hash @text@ NOT NULL,
  body @bytes@ NOT NULL,
  at @int@ NOT NULL,
  PRIMARY KEY (scope, key)
) @strict@;
CREATE INDEX idempotency_by_at ON idempotency (at);
