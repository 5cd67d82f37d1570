-- Personal data: the sealed originals of what messages, contacts and notes hold in masked form only. The table of 0001 was
-- never written to. A data key each contact, wrapped by a master key of the key file (key_id says which), so that destroying
-- one row makes all of a contact's originals unreadable, and a new master key needs no original opened.
DROP TABLE vault;
CREATE TABLE vault_key (
  contact_id @int@ NOT NULL PRIMARY KEY REFERENCES contact (id) ON DELETE CASCADE,
  key_id @int@ NOT NULL,
  wrapped @bytes@ NOT NULL,
  created_at @int@ NOT NULL
) @strict@;

-- lookup is keyed: equal for equal values however they were written. conversation_id 0: of the contact himself or of a note.
CREATE TABLE vault_entry (
  id @id@,
  contact_id @int@ NOT NULL REFERENCES contact (id) ON DELETE CASCADE,
  conversation_id @int@ NOT NULL DEFAULT 0,
  kind @text@ NOT NULL,
  lookup @text@ NOT NULL,
  sealed @bytes@ NOT NULL,
  created_at @int@ NOT NULL,
  expires_at @int@ NOT NULL DEFAULT 0
) @strict@;
CREATE INDEX vault_entry_by_contact ON vault_entry (contact_id, conversation_id);
CREATE INDEX vault_entry_by_lookup ON vault_entry (lookup, contact_id);
CREATE INDEX vault_entry_by_expiry ON vault_entry (expires_at) WHERE expires_at > 0;

-- JSON array of marks (src/vault/marks.hpp): where in the row masked forms stand, and the entries with their originals.
ALTER TABLE message ADD COLUMN personal @text@ NOT NULL DEFAULT '';
ALTER TABLE contact ADD COLUMN personal @text@ NOT NULL DEFAULT '';
ALTER TABLE contact ADD COLUMN erased_at @int@ NOT NULL DEFAULT 0;
ALTER TABLE contact_note ADD COLUMN personal @text@ NOT NULL DEFAULT '';

-- Looked up through vault_entry.
DROP INDEX contact_by_email_hash;
DROP INDEX contact_by_phone_hash;
ALTER TABLE contact DROP COLUMN email_hash;
ALTER TABLE contact DROP COLUMN phone_hash;
