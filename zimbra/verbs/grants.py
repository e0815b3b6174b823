"""Grants: who may do what in a folder. Given by the folder's owner, or by whom the owner made its administrator."""

from __future__ import annotations

from collections.abc import Sequence

from zimbra import soap
from zimbra.errors import INVALID, Garbled, NotFound, Refused, Taken, ZimbraError
from zimbra.types import Grant, GrantChange, Result, Role
from zimbra.types.sharing import COMPUTED, LETTERS
from zimbra.verbs.base import Ask, needed, nothing
from zimbra.verbs.folders import FolderVerbs, folder_action

# What the server says to a grant that is there already, to the letter (its class ACL).
_SAME = "mail.GRANT_EXISTS"

# Grantees that are somebody, as against everybody or a domain.
_SOMEBODY = frozenset({"usr", "grp"})
_EVERYBODY = frozenset({"all", "pub"})


class GrantVerbs(FolderVerbs):
    def grants(self, folder_id: str) -> tuple[Grant, ...]:
        """The grants of one folder, with addresses; those it inherits stand at the folder above.

        Empty, too, when the caller may not administer the folder: the server then says nothing of them.
        """
        return self.folder(folder_id).grants or ()

    def grant(self, folder_id: str, to: str, rights: Role | str, *, kind: str = "usr") -> Grant:
        """Give `to` (an address or an id) these rights and no others: an earlier grant to the same is replaced, and the
        very same one is no error.

        rights: a `Role` or Zimbra's letters ("rwidx"). kind: see `Grant`; a list given as usr is taken for the list it
        is. The folders below follow, but for those that are closed to inheritance.
        Refused request.INVALID: unknown letters; mail.CANNOT_GRANT: administering (a) is for people and lists only.
        NotFound: nobody has this address or id. Zimbra itself would take an unknown address for that of somebody
        outside and an unknown id for what it is; such a grant is withdrawn at once.
        """
        return self.grant_all([folder_id], to, rights, kind=kind)[0].get()

    def grant_all(
        self, folder_ids: Sequence[str], to: str, rights: Role | str, *, kind: str = "usr"
    ) -> list[Result[Grant]]:
        """As `grant`, on several folders in one request: one `Result` each, in their order. See `ask_all`."""
        letters = _letters(rights)
        given = self._change([GrantChange(folder_id, to, letters, kind) for folder_id in folder_ids])
        return [Result(result.value, result.error) for result in given]

    def change_grants(self, changes: Sequence[GrantChange]) -> list[Result[None]]:
        """Give and withdraw any number of grants together: one `Result` each, in their order. See `grant`, `revoke_all`
        and `ask_all`; withdrawing what is not there is no error."""
        return [Result(error=result.error) for result in self._change(changes)]

    def revoke_orphans(self, folder_id: str, grantee_id: str, *, kind: str = "usr") -> None:
        """Withdraw, from a folder and those below it, what was granted to somebody who is no more.

        Refused service.INVALID_REQUEST: the grantee exists, and keeps it.
        """
        self._act_on_folder("revokeorphangrants", folder_id, {"zid": grantee_id, "gt": kind})

    def _change(self, changes: Sequence[GrantChange]) -> list[Result[Grant | None]]:
        """What each change gave; a grant to nobody is withdrawn again, and NotFound."""
        results: list[Result[Grant | None]] = []
        for change, result in zip(changes, self.ask_all([_changing(change) for change in changes]), strict=True):
            error = result.error
            if isinstance(error, Taken) and error.code == _SAME:
                there = self._there_already(change.folder_id, change.grantee, change.rights or "", change.kind, error)
                result = Result(there.value, there.error)
            results.append(result)
        stray = {
            place: (changes[place].folder_id, result.value.grantee_id)
            for place, result in enumerate(results)
            if result.value is not None and _is_nobody(result.value)
        }
        for withdrawn in self.ask_all([_revoking(*one) for one in stray.values()]):
            withdrawn.get()
        for place in stray:
            results[place] = Result(error=NotFound("account.NO_SUCH_ACCOUNT"))
        return results

    def _there_already(self, folder_id: str, to: str, letters: str, kind: str, error: Taken) -> Result[Grant]:
        """The grant the server would not give twice: found by its address or id or, when that was an alias, by being
        the only one of these rights."""
        try:
            grants = self.grants(folder_id)
        except ZimbraError as unread:
            return Result(error=unread)
        wanted = to.casefold()
        found = [one for one in grants if wanted and wanted in {one.name.casefold(), one.grantee_id.casefold()}]
        if not found:
            rights = set(letters) - {COMPUTED}
            found = [one for one in grants if set(one.rights) - {COMPUTED} == rights and one.kind in _alike(kind)]
        if len(found) != 1:
            return Result(error=error)
        # As an answer to the request would have it.
        return Result(Grant(kind, found[0].grantee_id, letters, found[0].name))

    def revoke(self, folder_id: str, grantee: str) -> bool:
        """Withdraw the grant of an address or an id; false when there was none. It ends at once.

        An address is looked up among the grants, so it must be the main one; a grantee that is gone has only its id
        left. NotFound: no such folder.
        """
        if "@" not in grantee:
            there = [grantee]
        else:
            wanted = grantee.casefold()
            there = [
                grant.grantee_id
                for grant in self.grants(folder_id)
                if wanted in {grant.name.casefold(), grant.grantee_id.casefold()}
            ]
        for zid in there:
            self.ask(_revoking(folder_id, zid))
        return bool(there)

    def revoke_all(self, folder_ids: Sequence[str], grantee_id: str) -> list[Result[None]]:
        """Withdraw the grants of one id on several folders in one request. See `ask_all`."""
        return self.ask_all([_revoking(folder_id, grantee_id) for folder_id in folder_ids])

    def effective_rights(self, folder_id: str) -> str:
        """The letters of what the caller may do in a folder, its own or (as "<account id>:<number>") another's."""
        inner = f"<folder{soap.attributes({'l': folder_id})}/>"
        request = soap.request("GetEffectiveFolderPermsRequest", soap.MAIL, inner)
        return self.ask(Ask(request, lambda answer: needed(answer, "folder").get("perm") or "", repeatable=True))


def _alike(kind: str) -> frozenset[str]:
    """The kinds a grant of this kind may have become."""
    return _SOMEBODY if kind in _SOMEBODY else frozenset({kind})


def _letters(rights: Role | str) -> str:
    letters = str(rights)
    if not set(letters) <= set(LETTERS):
        raise Refused(INVALID, f"rights are letters of {LETTERS}")
    return letters


def _changing(change: GrantChange) -> Ask[Grant | None]:
    if change.rights is None:
        ask = _revoking(change.folder_id, change.grantee)
        return Ask(ask.request, lambda answer: None, repeatable=True)
    given = _granting(change.folder_id, change.grantee, _letters(change.rights), change.kind)
    return Ask(given.request, given.read, repeatable=True)


def _granting(folder_id: str, to: str, letters: str, kind: str) -> Ask[Grant]:
    who: dict[str, object] = {}
    if kind not in _EVERYBODY:
        # Names other than addresses stand for domains and classes of service.
        who = {"d": to} if "@" in to or kind not in _SOMEBODY else {"zid": to}
    tag = soap.attributes({"perm": letters, "gt": kind, **who})

    def read(answer: soap.Element) -> Grant:
        action = needed(answer, "action")
        zid = action.get("zid")
        if not zid:
            raise Garbled("no grantee")
        return Grant(kind, zid, letters, action.get("d") or "")

    return Ask(folder_action("grant", folder_id, inner=f"<grant{tag}/>"), read, repeatable=True)


def _is_nobody(grant: Grant) -> bool:
    """Whether the server made a guest of an unknown address, or took an unknown id as it came."""
    return grant.kind in _SOMEBODY and ("@" in grant.grantee_id or not grant.name)


def _revoking(folder_id: str, grantee_id: str) -> Ask[None]:
    return Ask(folder_action("!grant", folder_id, {"zid": grantee_id}), nothing, repeatable=True)
