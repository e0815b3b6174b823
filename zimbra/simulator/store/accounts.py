"""Accounts: who there is, under which names, with which attributes and password.

Every function takes the connection of the running transaction. Names are compared in lower case.
"""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from zimbra.simulator.fault import SoapFault, no_such_account
from zimbra.simulator.store import changes
from zimbra.simulator.store.defaults import CLASS_DEFAULTS, DEFAULT_CLASS_ID, Attributes
from zimbra.simulator.store.hashing import hash_matches

MAX_NAME = 255
# Separates, in what an account is found by, its name and addresses from one another and from the words of its name.
SEPARATOR = "\n"
# Attributes an account is found by in the directory.
_SEARCHED = ("displayName", "cn", "sn", "givenName", "zimbraMailAlias", "zimbraPrefFromDisplay", "company", "ou")


@dataclass(frozen=True)
class Account:
    """One row of the directory. `attrs` holds what was set on the account itself, `inherited` what its class says."""

    num: int
    id: str
    name: str
    password: str
    validity: int
    attrs: Attributes
    class_id: str = DEFAULT_CLASS_ID
    inherited: Attributes = field(default_factory=lambda: CLASS_DEFAULTS)

    def first(self, name: str, default: str = "") -> str:
        """The value of an attribute, from the account or else from its class of service."""
        values = self.values(name)
        return values[0] if values else default

    def values(self, name: str) -> list[str]:
        """All values of an attribute, from the account or else from its class of service."""
        return listed(self.attrs.get(name, self.inherited.get(name, [])))

    def limit(self, name: str) -> int:
        """A numeric attribute; 0 means no limit."""
        value = self.first(name, "0")
        return int(value) if value.isdecimal() and len(value) < 19 else 0

    def flag(self, name: str) -> bool:
        return self.first(name) == "TRUE"

    def aliases(self) -> list[str]:
        return [alias.lower() for alias in listed(self.attrs.get("zimbraMailAlias", []))]

    def addresses(self) -> set[str]:
        """Every address that is this person, in lower case."""
        return {self.name, *self.aliases()}

    @property
    def status(self) -> str:
        return self.first("zimbraAccountStatus", "active")

    @property
    def domain(self) -> str:
        return self.name.rpartition("@")[2]

    @property
    def is_admin(self) -> bool:
        return self.attrs.get("zimbraIsAdminAccount") == "TRUE"

    @property
    def manages(self) -> bool:
        """Whether the account administers what it was given rights on, see store.delegation."""
        return self.attrs.get("zimbraIsDelegatedAdminAccount") == "TRUE"


def listed(value: str | list[str]) -> list[str]:
    """The values of an attribute, however many."""
    return [value] if isinstance(value, str) else value


def password_matches(account: Account, password: str) -> bool:
    return hash_matches(account.password, password)


# --- finding -------------------------------------------------------------------------------------------------------

_SELECT = (
    "SELECT a.num, a.id, a.name, a.password, a.validity, a.attrs, a.class, c.attrs FROM accounts AS a"
    " LEFT JOIN classes AS c ON c.id = a.class"
)
_Row = tuple[int, str, str, str, int, str, str, str | None]


@lru_cache(maxsize=256)
def _inherited(class_attrs: str | None) -> Attributes:
    """What a class says: its own attributes over the defaults; an empty list stands for one taken away."""
    own: Attributes = json.loads(class_attrs) if class_attrs else {}
    return {name: value for name, value in {**CLASS_DEFAULTS, **own}.items() if value}


def _account(row: _Row | None) -> Account | None:
    if row is None:
        return None
    return Account(row[0], row[1], row[2], row[3], row[4], json.loads(row[5]), row[6], _inherited(row[7]))


def by_address(db: sqlite3.Connection, address: str) -> Account | None:
    """An account by its name or by one of its aliases."""
    address = address.strip().lower()
    found = _account(db.execute(f"{_SELECT} WHERE a.name = ?", (address,)).fetchone())
    if found is not None:
        return found
    row = db.execute("SELECT account FROM addresses WHERE address = ?", (address,)).fetchone()
    return None if row is None or row[0] is None else by_num(db, row[0])


def by_name(db: sqlite3.Connection, name: str, default_domain: str = "") -> Account | None:
    """As `by_address`; a name without a domain is one of the default domain."""
    name = name.strip().lower()
    return by_address(db, f"{name}@{default_domain}" if "@" not in name and default_domain else name)


def by_num(db: sqlite3.Connection, num: int) -> Account | None:
    return _account(db.execute(f"{_SELECT} WHERE a.num = ?", (num,)).fetchone())


def by_id(db: sqlite3.Connection, account_id: str) -> Account | None:
    return _account(db.execute(f"{_SELECT} WHERE a.id = ?", (account_id,)).fetchone())


def by_foreign_principal(db: sqlite3.Connection, principal: str) -> Account | None:
    """An account by what another system calls it (zimbraForeignPrincipal)."""
    column = "json_extract(a.attrs, '$.zimbraForeignPrincipal')"
    found = _account(db.execute(f"{_SELECT} WHERE {column} = ?", (principal,)).fetchone())
    if found is not None:
        return found
    # Several values are kept as a list: such accounts are few.
    for row in db.execute(f"{_SELECT} WHERE {column} >= '[' AND {column} < '\\'"):
        account = _account(row)
        if account is not None and principal in account.values("zimbraForeignPrincipal"):
            return account
    return None


def by_reference(db: sqlite3.Connection, by: str, value: str, default_domain: str = "") -> Account | None:
    """An account by "name", "id", "foreignPrincipal" or "adminName"; None when there is none."""
    if by == "id":
        return by_id(db, value.strip())
    return by_foreign_principal(db, value) if by == "foreignPrincipal" else by_name(db, value, default_domain)


def list_ids(db: sqlite3.Connection, account: Account) -> set[str]:
    """Ids of the distribution lists the account is in, lists of lists included."""
    found: dict[str, str] = {}
    wanted = list(account.addresses())
    while wanted:
        rows = db.execute(
            "SELECT lists.id, lists.name FROM list_members JOIN lists ON lists.num = list_members.list"
            " WHERE list_members.address = ?",
            (wanted.pop(),),
        )
        for list_id, name in rows:
            if list_id not in found:
                found[list_id] = name
                wanted.append(name)
    return set(found)


def containing(
    db: sqlite3.Connection, words: Iterable[str], domain: str = "", *, starting: bool = False
) -> Iterator[Account]:
    """Accounts in whose names, addresses and searched attributes each of `words` occurs, in order of name.

    `starting`: at the start of a word. No word finds everybody. Quick on tens of thousands of accounts: only an index
    is read, and the accounts found.
    """
    condition = ""
    parameters: list[str | int] = []
    for word in words:
        word = word.lower()
        if starting:
            condition += " AND (substr(words, 1, ?) = ? OR instr(words, ?) OR instr(words, ?))"
            parameters += [len(word), word, SEPARATOR + word, " " + word]
        else:
            condition += " AND instr(words, ?)"
            parameters.append(word)
    if domain:
        condition += " AND instr(words, ?)"
        parameters.append(f"@{domain.lower()}{SEPARATOR}")
    found = f"SELECT num FROM accounts WHERE words <> ''{condition}"  # noqa: S608 (conditions of our own)
    rows = db.execute(f"{_SELECT} WHERE a.num IN ({found}) ORDER BY a.name", parameters)
    for row in rows:
        account = _account(row)
        if account is not None and (not domain or account.domain == domain.lower()):
            yield account


def with_any(db: sqlite3.Connection, words: Iterable[str], ids: Iterable[str], domain: str = "") -> Iterator[Account]:
    """As `containing`, but one of the words is enough, or one of the ids as the account's own."""
    wanted, nums = list(words), set[int]()
    if wanted:
        condition = " OR ".join(["instr(words, ?)"] * len(wanted))
        query = f"SELECT num FROM accounts WHERE {condition}"  # noqa: S608 (conditions of our own)
        nums.update(row[0] for row in db.execute(query, wanted))
    for one in ids:
        nums.update(row[0] for row in db.execute("SELECT num FROM accounts WHERE id = ?", (one,)))
    found = [account for num in nums if (account := by_num(db, num)) is not None]
    return iter(sorted((one for one in found if not domain or one.domain == domain), key=lambda one: one.name))


def any_resource(db: sqlite3.Connection) -> bool:
    """Whether the directory has rooms or things to book among its accounts."""
    query = "SELECT 1 FROM accounts WHERE json_extract(attrs, '$.zimbraCalResType') IS NOT NULL LIMIT 1"
    return db.execute(query).fetchone() is not None


def everyone(db: sqlite3.Connection, domain: str = "") -> Iterator[Account]:
    """All accounts in order of name, one at a time."""
    return containing(db, [], domain)


def page(db: sqlite3.Connection, offset: int, limit: int) -> list[Account]:
    """Some accounts in order of name; `limit` 0 for all that follow."""
    rows = db.execute(f"{_SELECT} ORDER BY a.name LIMIT ? OFFSET ?", (limit or -1, offset))
    return [account for row in rows if (account := _account(row)) is not None]


def names(db: sqlite3.Connection, offset: int, limit: int) -> list[str]:
    return [r[0] for r in db.execute("SELECT name FROM accounts ORDER BY name LIMIT ? OFFSET ?", (limit, offset))]


def count(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM accounts").fetchone()[0])


# --- writing -------------------------------------------------------------------------------------------------------


def check_form(db: sqlite3.Connection, name: str) -> str:
    """An address in lower case; service.INVALID_REQUEST when it is none, account.NO_SUCH_DOMAIN."""
    name = name.strip().lower()
    local, at, domain = name.rpartition("@")
    plain = len(name) <= MAX_NAME and not any(c.isspace() or not c.isprintable() or c in '<>()[],;:\\"' for c in local)
    if not at or not local or not domain or not plain or "@" in local:
        raise SoapFault("service.INVALID_REQUEST", f"invalid request: must be valid email address: {name[:300]}")
    if db.execute("SELECT 1 FROM domains WHERE name = ?", (domain,)).fetchone() is None:
        raise SoapFault("account.NO_SUCH_DOMAIN", f"no such domain: {domain}")
    return name


def check_address(db: sqlite3.Connection, name: str) -> str:
    """A name for something new: as `check_form`; account.ACCOUNT_EXISTS when an account, a list or an alias has it."""
    name = check_form(db, name)
    if is_taken(db, name):
        raise SoapFault("account.ACCOUNT_EXISTS", f"email address already exists: {name}")
    return name


def is_taken(db: sqlite3.Connection, name: str) -> bool:
    """Whether an account, a list or an alias bears the name."""
    return (
        db.execute(
            "SELECT 1 FROM accounts WHERE name = ?1 UNION ALL SELECT 1 FROM lists WHERE name = ?1"
            " UNION ALL SELECT 1 FROM addresses WHERE address = ?1",
            (name,),
        ).fetchone()
        is not None
    )


def _words(name: str, attrs: Attributes) -> str:
    found = [name]
    for key in _SEARCHED:
        found += [value.lower() for value in listed(attrs.get(key, []))]
    return SEPARATOR.join(found) + SEPARATOR


def create(db: sqlite3.Connection, name: str, password_hash: str, attrs: Attributes) -> Account:
    """A new account; see `check_address` for what is refused, `attrs` having been checked before."""
    name = check_address(db, name)
    account_id = str(attrs.pop("zimbraId", "")) or str(uuid.uuid4())
    own: Attributes = {"zimbraCreateTimestamp": generalized_time(time.time()), **attrs}
    num = db.execute(
        "INSERT INTO accounts (id, name, password, attrs, class, words) VALUES (?, ?, ?, ?, ?, ?)",
        (account_id, name, password_hash, json.dumps(own), _class_of(db, name, own), _words(name, own)),
    ).lastrowid
    _keep_aliases(db, num or 0, own)
    changes.note(db, account_id)
    created = by_id(db, account_id)
    if created is None:
        raise no_such_account(name)
    return created


def _class_of(db: sqlite3.Connection, name: str, attrs: Attributes) -> str:
    """The class an account is in: its own, else its domain's, else the default one."""
    own = str(attrs.get("zimbraCOSId", ""))
    if not own:
        row = db.execute("SELECT attrs FROM domains WHERE name = ?", (name.rpartition("@")[2],)).fetchone()
        own = json.loads(row[0]).get("zimbraDomainDefaultCOSId", "") if row else ""
    known = own and db.execute("SELECT 1 FROM classes WHERE id = ?", (own,)).fetchone()
    return own if known else DEFAULT_CLASS_ID


def _keep_aliases(db: sqlite3.Connection, num: int, attrs: Attributes) -> None:
    """The table of addresses follows the attribute; a name that is somebody else's already is left to them."""
    wanted = {alias.lower() for alias in listed(attrs.get("zimbraMailAlias", []))}
    held = {row[0] for row in db.execute("SELECT address FROM addresses WHERE account = ?", (num,))}
    db.executemany("DELETE FROM addresses WHERE address = ?", [(one,) for one in held - wanted])
    for one in wanted - held:
        if not is_taken(db, one):
            db.execute("INSERT INTO addresses (address, id, account) VALUES (?, ?, ?)", (one, str(uuid.uuid4()), num))


def generalized_time(seconds: float) -> str:
    """A moment as the directory writes it: "20260901063000Z", or with milliseconds when there are any."""
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(seconds)) + "Z"


def changed_attributes(attrs: Attributes, wanted: Mapping[str, list[str]]) -> Attributes:
    """Attributes with some set, added to (`+name`), removed from (`-name`) or cleared (no value or an empty one)."""
    attrs = dict(attrs)
    for key, values in wanted.items():
        name = key.lstrip("+-")
        kept = list(listed(attrs.get(name, [])))
        given = list(dict.fromkeys(value for value in values if value))
        if key.startswith("+"):
            given = kept + [value for value in given if value not in kept]
        elif key.startswith("-"):
            given = [value for value in kept if value not in given]
        if not given:
            attrs.pop(name, None)
        else:
            attrs[name] = given[0] if len(given) == 1 else given
    return attrs


def modify(db: sqlite3.Connection, account: Account, wanted: Mapping[str, list[str]]) -> Account:
    """The account with attributes changed, see `changed_attributes`."""
    attrs = changed_attributes(account.attrs, wanted)
    db.execute(
        "UPDATE accounts SET attrs = ?, class = ?, words = ? WHERE num = ?",
        (json.dumps(attrs), _class_of(db, account.name, attrs), _words(account.name, attrs), account.num),
    )
    if any(key.lstrip("+-") == "zimbraMailAlias" for key in wanted):
        _keep_aliases(db, account.num, attrs)
    if changes.concerns_all(wanted):
        changes.note(db, account.id)
    return by_num(db, account.num) or account


def rename(db: sqlite3.Connection, account: Account, name: str) -> Account:
    """The same account and mailbox under another name; aliases and grants stay, lists follow."""
    name = check_address(db, name)
    db.execute(
        "UPDATE accounts SET name = ?, words = ? WHERE num = ?", (name, _words(name, account.attrs), account.num)
    )
    db.execute("UPDATE OR IGNORE list_members SET address = ? WHERE address = ?", (name, account.name))
    changes.note(db, account.id)
    return by_num(db, account.num) or account


def set_password(db: sqlite3.Connection, account: Account, password_hash: str) -> None:
    """A new password; every token of the account ends."""
    db.execute("UPDATE accounts SET password = ?, validity = validity + 1 WHERE num = ?", (password_hash, account.num))


def delete(db: sqlite3.Connection, account: Account) -> None:
    """The account with its mailbox, its aliases, its places in lists and the rights it was given on others.

    What it was granted on folders stays, for their owners to see and clear, as in Zimbra.
    """
    db.executemany("DELETE FROM list_members WHERE address = ?", [(one,) for one in account.addresses()])
    db.execute("DELETE FROM account_grants WHERE zid = ?", (account.id,))
    delete_mailbox(db, account)
    db.execute("DELETE FROM accounts WHERE num = ?", (account.num,))
    changes.note(db, account.id, gone=True)


def delete_mailbox(db: sqlite3.Connection, account: Account) -> None:
    """All that the account's mailbox holds."""
    db.execute("DELETE FROM attachments WHERE mbox = ?", (account.num,))
    db.execute("DELETE FROM mailboxes WHERE mbox = ?", (account.num,))
