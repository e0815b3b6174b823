"""The tables, step by step: a store made by an earlier version is brought up to date when it is opened.

`STEPS[n]` leads from version n to version n + 1. A step that was published is never changed.
"""

_FIRST = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE domains (name TEXT PRIMARY KEY, id TEXT NOT NULL, attrs TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE accounts (
    num INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL, validity INTEGER NOT NULL DEFAULT 1, attrs TEXT NOT NULL
);
CREATE TABLE ended_tokens (serial TEXT PRIMARY KEY, expires INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE mailboxes (
    mbox INTEGER PRIMARY KEY REFERENCES accounts (num) ON DELETE CASCADE,
    last_id INTEGER NOT NULL, sequence INTEGER NOT NULL
);
CREATE TABLE folders (
    mbox INTEGER NOT NULL REFERENCES mailboxes (mbox) ON DELETE CASCADE, id INTEGER NOT NULL,
    parent INTEGER NOT NULL, name TEXT NOT NULL, name_key TEXT NOT NULL, view TEXT NOT NULL, flags TEXT NOT NULL,
    color INTEGER, rgb TEXT, url TEXT, uuid TEXT NOT NULL, sequence INTEGER NOT NULL,
    PRIMARY KEY (mbox, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX folders_by_name ON folders (mbox, parent, name_key);
CREATE TABLE items (
    mbox INTEGER NOT NULL REFERENCES mailboxes (mbox) ON DELETE CASCADE, id INTEGER NOT NULL,
    type TEXT NOT NULL, folder INTEGER NOT NULL, uid TEXT, label TEXT NOT NULL, flags TEXT NOT NULL,
    tags TEXT NOT NULL, size INTEGER NOT NULL, changed INTEGER NOT NULL, sequence INTEGER NOT NULL,
    starts INTEGER, ends INTEGER, content TEXT NOT NULL
);
CREATE UNIQUE INDEX items_by_id ON items (mbox, id);
CREATE INDEX items_by_folder ON items (mbox, folder, type);
CREATE UNIQUE INDEX items_by_uid ON items (mbox, uid) WHERE uid IS NOT NULL;
CREATE TABLE attachments (
    mbox INTEGER NOT NULL, item INTEGER NOT NULL, part TEXT NOT NULL, field TEXT NOT NULL, filename TEXT NOT NULL,
    content_type TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (mbox, item, part)
);
CREATE TABLE tags (
    mbox INTEGER NOT NULL REFERENCES mailboxes (mbox) ON DELETE CASCADE, id INTEGER NOT NULL, name TEXT NOT NULL,
    name_key TEXT NOT NULL, color INTEGER, rgb TEXT, PRIMARY KEY (mbox, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX tags_by_name ON tags (mbox, name_key);
CREATE TABLE uploads (
    aid TEXT PRIMARY KEY, account TEXT NOT NULL, filename TEXT NOT NULL, content_type TEXT NOT NULL,
    data BLOB NOT NULL, expires INTEGER NOT NULL
);
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, recipient TEXT NOT NULL, subject TEXT NOT NULL,
    sent INTEGER NOT NULL
);
"""

# Mail, sharing and what a person sets: messages with their conversations, grants and links, lists and classes of
# service, identities, signatures, application passwords.
#
# `words` is what an account is found by, its name first, so that the index is read in order of names. An address is
# another name of an account or of a list.
#
# A message's bytes are kept once, however many copies there are of it, and go with the last one. `imap_uid` is given
# anew when a message changes folder, from the same numbers as item ids; `imap_next` of a folder is above all of those
# it ever held; those from `imap_recent` on have not been told to an IMAP client yet.
_SECOND = """
ALTER TABLE folders ADD COLUMN kind TEXT NOT NULL DEFAULT 'folder';
ALTER TABLE folders ADD COLUMN extra TEXT NOT NULL DEFAULT '{}';
CREATE TABLE grants (
    mbox INTEGER NOT NULL, folder INTEGER NOT NULL, zid TEXT NOT NULL, gt TEXT NOT NULL, perm TEXT NOT NULL,
    name TEXT NOT NULL, secret TEXT NOT NULL, expires INTEGER, lapses INTEGER, PRIMARY KEY (mbox, folder, zid),
    FOREIGN KEY (mbox, folder) REFERENCES folders (mbox, id) ON DELETE CASCADE
);
CREATE INDEX grants_by_grantee ON grants (zid);
CREATE TABLE blobs (digest TEXT PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE messages (
    mbox INTEGER NOT NULL, item INTEGER NOT NULL, conversation INTEGER NOT NULL, imap_uid INTEGER NOT NULL,
    date INTEGER NOT NULL, message_id TEXT NOT NULL, digest TEXT NOT NULL REFERENCES blobs (digest),
    subject_key TEXT NOT NULL, sender_key TEXT NOT NULL, summary TEXT NOT NULL, words TEXT NOT NULL,
    PRIMARY KEY (mbox, item),
    FOREIGN KEY (mbox, item) REFERENCES items (mbox, id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX messages_by_conversation ON messages (mbox, conversation);
CREATE INDEX messages_by_message_id ON messages (mbox, message_id);
CREATE INDEX messages_by_digest ON messages (digest);
CREATE INDEX messages_by_subject ON messages (mbox, subject_key);
CREATE INDEX messages_by_date ON messages (mbox, date);
CREATE INDEX messages_by_item ON messages (mbox, item, imap_uid, date);
CREATE TRIGGER last_copy AFTER DELETE ON messages BEGIN
    DELETE FROM blobs WHERE digest = OLD.digest AND NOT EXISTS (SELECT 1 FROM messages WHERE digest = OLD.digest);
END;
ALTER TABLE tags ADD COLUMN retention TEXT NOT NULL DEFAULT '{}';
ALTER TABLE folders ADD COLUMN imap_next INTEGER NOT NULL DEFAULT 1;
ALTER TABLE folders ADD COLUMN imap_recent INTEGER NOT NULL DEFAULT 1;
CREATE TRIGGER message_added AFTER INSERT ON messages BEGIN
    UPDATE folders SET imap_next = max(imap_next, NEW.imap_uid + 1) WHERE mbox = NEW.mbox
        AND id = (SELECT folder FROM items WHERE mbox = NEW.mbox AND id = NEW.item);
END;
CREATE TRIGGER message_moved AFTER UPDATE OF folder ON items
WHEN NEW.folder <> OLD.folder AND NEW.type = 'message' BEGIN
    UPDATE folders SET imap_next = max(imap_next, 1 + coalesce(
        (SELECT imap_uid FROM messages WHERE mbox = NEW.mbox AND item = NEW.id), 0))
        WHERE mbox = NEW.mbox AND id = NEW.folder;
END;
CREATE INDEX items_by_change ON items (mbox, sequence);
CREATE TABLE absence_replies (
    mbox INTEGER NOT NULL REFERENCES mailboxes (mbox) ON DELETE CASCADE, sender TEXT NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (mbox, sender)
) WITHOUT ROWID;
ALTER TABLE outbox ADD COLUMN sender TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN data BLOB;
CREATE TABLE kept_tokens (serial TEXT PRIMARY KEY, validity INTEGER NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE directory_changes (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, gone INTEGER NOT NULL
);
INSERT INTO directory_changes (id, gone) SELECT id, 0 FROM accounts;
CREATE TABLE addresses (
    address TEXT PRIMARY KEY, id TEXT NOT NULL, account INTEGER REFERENCES accounts (num) ON DELETE CASCADE,
    list INTEGER REFERENCES lists (num) ON DELETE CASCADE, CHECK ((account IS NULL) <> (list IS NULL))
) WITHOUT ROWID;
CREATE INDEX addresses_by_account ON addresses (account);
CREATE INDEX addresses_by_list ON addresses (list);
ALTER TABLE accounts ADD COLUMN class TEXT NOT NULL DEFAULT 'e00428a1-0c00-11d9-836a-000d93afea2a';
ALTER TABLE accounts ADD COLUMN words TEXT NOT NULL DEFAULT '';
UPDATE accounts SET words = name || char(10) || lower(coalesce(json_extract(attrs, '$.displayName'), '')) || char(10);
CREATE INDEX accounts_by_words ON accounts (words);
CREATE INDEX accounts_by_class ON accounts (class);
CREATE INDEX accounts_by_principal ON accounts (json_extract(attrs, '$.zimbraForeignPrincipal'));
CREATE INDEX accounts_to_book ON accounts (name) WHERE json_extract(attrs, '$.zimbraCalResType') IS NOT NULL;
CREATE TABLE account_grants (
    account INTEGER NOT NULL REFERENCES accounts (num) ON DELETE CASCADE, zid TEXT NOT NULL, gt TEXT NOT NULL,
    right TEXT NOT NULL, denied INTEGER NOT NULL, secret TEXT NOT NULL, PRIMARY KEY (account, zid, right)
) WITHOUT ROWID;
CREATE INDEX account_grants_by_grantee ON account_grants (zid);
CREATE TABLE admin_grants (
    target TEXT NOT NULL, zid TEXT NOT NULL, gt TEXT NOT NULL, right TEXT NOT NULL, denied INTEGER NOT NULL,
    delegable INTEGER NOT NULL, PRIMARY KEY (target, zid, right)
) WITHOUT ROWID;
CREATE INDEX admin_grants_by_grantee ON admin_grants (zid);
CREATE TABLE identities (
    account INTEGER NOT NULL REFERENCES accounts (num) ON DELETE CASCADE, id TEXT NOT NULL, name TEXT NOT NULL,
    name_key TEXT NOT NULL, attrs TEXT NOT NULL, PRIMARY KEY (account, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX identities_by_name ON identities (account, name_key);
CREATE TABLE signatures (
    account INTEGER NOT NULL REFERENCES accounts (num) ON DELETE CASCADE, id TEXT NOT NULL, name TEXT NOT NULL,
    name_key TEXT NOT NULL, contents TEXT NOT NULL, PRIMARY KEY (account, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX signatures_by_name ON signatures (account, name_key);
CREATE TABLE app_passwords (
    account INTEGER NOT NULL REFERENCES accounts (num) ON DELETE CASCADE, name TEXT NOT NULL, password TEXT NOT NULL,
    created INTEGER NOT NULL, used INTEGER, PRIMARY KEY (account, name)
) WITHOUT ROWID;
CREATE TABLE lists (
    num INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE, attrs TEXT NOT NULL
);
CREATE TABLE list_members (
    list INTEGER NOT NULL REFERENCES lists (num) ON DELETE CASCADE, address TEXT NOT NULL, PRIMARY KEY (list, address)
) WITHOUT ROWID;
CREATE INDEX list_members_by_address ON list_members (address);
CREATE TABLE classes (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, attrs TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO classes VALUES ('e00428a1-0c00-11d9-836a-000d93afea2a', 'default', '{}');
INSERT INTO classes VALUES ('f27456a8-0c00-11d9-280a-286d93afea2g', 'defaultExternal', '{}');
INSERT OR IGNORE INTO addresses
    SELECT lower(value), lower(hex(randomblob(16))), num, NULL FROM accounts, json_each(attrs, '$.zimbraMailAlias')
    WHERE lower(value) NOT IN (SELECT name FROM accounts);
CREATE TABLE metadata (
    mbox INTEGER NOT NULL REFERENCES mailboxes (mbox) ON DELETE CASCADE, item INTEGER NOT NULL, section TEXT NOT NULL,
    attrs TEXT NOT NULL, PRIMARY KEY (mbox, item, section)
) WITHOUT ROWID;
CREATE TRIGGER item_without_metadata AFTER DELETE ON items BEGIN
    DELETE FROM metadata WHERE mbox = OLD.mbox AND item = OLD.id;
END;
"""

# Tags that somebody put on an item without having made them: not among the tags of the mailbox (`listed` 0).
_THIRD = """
ALTER TABLE tags ADD COLUMN listed INTEGER NOT NULL DEFAULT 1;
"""

STEPS = (_FIRST, _SECOND, _THIRD)
