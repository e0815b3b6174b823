"""What rights of administration there are, and which of them somebody has on what."""

from __future__ import annotations

from zimbra.simulator.call import Call
from zimbra.simulator.element import Reply
from zimbra.simulator.fault import invalid_request, no_such_account, perm_denied
from zimbra.simulator.requests.admin_rights import grantee, target
from zimbra.simulator.requests.registry import ADMIN, handles, response
from zimbra.simulator.store import accounts, classes, delegation, domains, rights
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.delegation import COMBOS, PRESETS, Powers, Target

_USER_TEXTS = {name: f"user right {name}" for name in (*rights.ACCOUNT_RIGHTS, *rights.LIST_RIGHTS)}


def _right_element(name: str) -> Reply:
    if name in _USER_TEXTS:
        kind = "dl" if name in rights.LIST_RIGHTS else "account"
        element = Reply("right", {"name": name, "type": "preset", "targetType": kind, "rightClass": "USER"})
        element.add("desc", text=_USER_TEXTS[name], unique=True)
        return element
    if name in COMBOS:
        element = Reply("right", {"name": name, "type": "combo", "rightClass": "ADMIN"})
        element.add("desc", text="all that an administrator of a domain may do", unique=True)
        parts = element.add("rights", unique=True)
        for part in sorted(COMBOS[name]):
            parts.add("r", {"n": part, "type": "preset", "targetType": PRESETS[part][0]})
        return element
    kind, text = PRESETS[name]
    element = Reply("right", {"name": name, "type": "preset", "targetType": kind, "rightClass": "ADMIN"})
    element.add("desc", text=text, unique=True)
    return element


@handles(ADMIN, "GetRightRequest", access="manager")
def get_right(call: Call) -> Reply:
    """account.NO_SUCH_RIGHT."""
    name = call.request.need("right").text.strip()
    if name not in PRESETS and name not in COMBOS and name not in _USER_TEXTS:
        raise delegation.no_such_right(name)
    reply = response(call)
    reply.children.append(_right_element(name))
    return reply


@handles(ADMIN, "GetAllRightsRequest", access="manager")
def get_all_rights(call: Call) -> Reply:
    """Those of administration unless asked otherwise (`rightClass` USER or ALL), of one kind of target if asked."""
    request = call.request
    of_class, kind = request.get("rightClass") or "ADMIN", request.get("targetType")
    if of_class not in ("ADMIN", "USER", "ALL"):
        raise invalid_request(f"unknown right class: {of_class[:80]}")
    names = [*PRESETS, *COMBOS] if of_class != "USER" else []
    names += _USER_TEXTS if of_class != "ADMIN" else []
    reply = response(call)
    found = [_right_element(name) for name in sorted(names)]
    reply.children = [one for one in found if not kind or one.attrs.get("targetType") == kind]
    return reply


def _who(call: Call) -> Account:
    """The administrator asked about: the one of `grantee`, else the caller. Others' powers are for who has all."""
    if call.request.find("grantee") is None:
        return call.me.account
    gt, zid = grantee(call)
    account = accounts.by_id(call.db, zid) if gt == "usr" else None
    if account is None:
        raise no_such_account(zid[:200])
    if account.num != call.me.account.num and not call.me.admin:
        raise perm_denied()
    return account


def _grantee_element(who: Account) -> Reply:
    return Reply("grantee", {"type": "usr", "id": who.id, "name": who.name}, unique=True)


def _fill(element: Reply, who: Account, powers: Powers, entry: Target | None) -> None:
    """The rights of `who` on an entry; `all` attributes may be read or set, or none."""
    kind = "" if entry is None else delegation.kind_of(entry)
    if who.is_admin:
        names = sorted(name for name, (of, _) in PRESETS.items() if of == kind)
    else:
        names = powers.rights_on(entry) if who.manages and entry is not None else []
    for name in names:
        element.add("right", {"n": name})
    for section, verb in (("setAttrs", "modify"), ("getAttrs", "get")):
        whole = who.is_admin or any(name.startswith(verb) for name in names)
        element.add(section, {"all": True} if whole else None, unique=True)


@handles(ADMIN, "GetEffectiveRightsRequest", access="manager")
def get_effective_rights(call: Call) -> Reply:
    """What somebody may do with one entry."""
    kind, entry = target(call)
    who = _who(call)
    reply = response(call)
    reply.children.append(_grantee_element(who))
    attrs = {"type": kind} if entry is None else {"type": kind, "id": entry.id, "name": entry.name}
    _fill(reply.add("target", attrs, unique=True), who, Powers(call.db, who), entry)
    return reply


@handles(ADMIN, "GetAllEffectiveRightsRequest", access="manager")
def get_all_effective_rights(call: Call) -> Reply:
    """What somebody may do with every domain and every class; for accounts and lists their domain says it."""
    who = _who(call)
    powers = Powers(call.db, who)
    reply = response(call)
    reply.children.append(_grantee_element(who))
    kinds: tuple[tuple[str, list[Target]], ...] = (
        ("domain", list(domains.domains(call.db))),
        ("cos", list(classes.everything(call.db))),
    )
    for kind, entries in kinds:
        element = reply.add("target", {"type": kind})
        for entry in entries:
            found = Reply("rights", unique=True)
            _fill(found, who, powers, entry)
            if who.is_admin or any(one.name == "right" for one in found.children):
                one = element.add("entries")
                one.add("entry", {"name": entry.name})
                one.children.append(found)
    return reply
