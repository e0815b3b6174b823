"""Rights on a whole account: sending in its name, seeing when it is free. Given by the account itself."""

from __future__ import annotations

from collections.abc import Sequence

from zimbra import soap
from zimbra.errors import NotFound
from zimbra.types import AccountRight, Result, SendRight, SendTarget
from zimbra.verbs.base import Ask, Verbs, is_true


class RightVerbs(Verbs):
    def account_rights(self, *rights: str) -> list[AccountRight]:
        """Who has which rights on this account; all of them, or those named ("sendAs", `SendRight.SEND_AS`)."""
        inner = "".join(f"<ace{soap.attributes({'right': right})}/>" for right in rights)
        return self.ask(Ask(soap.request("GetRightsRequest", soap.ACCOUNT, inner), _rights, repeatable=True))

    def grant_right(self, right: SendRight | str, to: str, *, kind: str = "usr") -> None:
        """Give `to` (an address or an id) a right on this account; what is given already is no error.

        NotFound: no such grantee. Refused: no such right.
        """
        self.ask(_change("GrantRightsRequest", right, _by(to), kind))

    def revoke_right(self, right: SendRight | str, grantee: str, *, kind: str = "usr") -> bool:
        """Take a right back from an address or an id; false when it was not there. The grantee may be gone."""
        wanted = grantee.casefold()
        there = [
            one
            for one in self.account_rights(right)
            if one.right == right and not one.denied and wanted in {one.grantee_id.casefold(), one.name.casefold()}
        ]
        for one in there:
            self.ask(_change("RevokeRightsRequest", right, {"zid": one.grantee_id}, one.kind))
        if there or "@" not in grantee:
            return bool(there)
        # An alias: only the server knows whose.
        try:
            return bool(self.ask(_change("RevokeRightsRequest", right, {"d": grantee}, kind)))
        except NotFound:
            return False

    def change_right(
        self, right: SendRight | str, *, give: Sequence[str] = (), take: Sequence[AccountRight] = ()
    ) -> tuple[list[Result[None]], list[Result[None]]]:
        """Give a right to accounts (addresses or ids), and take back what `account_rights` showed, together.

        One `Result` each, in their order: those given, those taken. What is given or gone already is no error; see
        `grant_right`, `revoke_right` and `ask_all`.
        """
        asks = [_change("GrantRightsRequest", right, _by(to), "usr") for to in give]
        asks += [_change("RevokeRightsRequest", one.right, {"zid": one.grantee_id}, one.kind) for one in take]
        results: list[Result[None]] = [Result(error=result.error) for result in self.ask_all(asks)]
        return results[: len(give)], results[len(give) :]

    def send_targets(self) -> list[SendTarget]:
        """The accounts and lists this account may send as or on behalf of, by its own rights or a list's.

        The rights on lists are others than those on accounts: `SendTarget.right` has DistList at its end then.
        """
        inner = "".join(f"<right>{right}{on}</right>" for on in ("", "DistList") for right in SendRight)
        request = soap.request("DiscoverRightsRequest", soap.ACCOUNT, inner)
        return self.ask(Ask(request, _targets, repeatable=True))


def _by(grantee: str) -> dict[str, object]:
    return {"d": grantee} if "@" in grantee else {"zid": grantee}


def _change(name: str, right: str, who: dict[str, object], kind: str) -> Ask[list[AccountRight]]:
    ace = soap.attributes({"gt": kind, "right": str(right), **who})
    return Ask(soap.request(name, soap.ACCOUNT, f"<ace{ace}/>"), _rights, repeatable=True)


def _rights(answer: soap.Element) -> list[AccountRight]:
    return [
        AccountRight(
            right=one.get("right") or "",
            kind=one.get("gt") or "",
            grantee_id=one.get("zid") or "",
            name=one.get("d") or "",
            denied=is_true(one.get("deny")),
        )
        for one in soap.children(answer, "ace")
    ]


def _targets(answer: soap.Element) -> list[SendTarget]:
    found = []
    for group in soap.children(answer, "targets"):
        for one in soap.children(group, "target"):
            addresses = tuple(email.get("addr") or "" for email in soap.children(one, "email"))
            # A server may name the target in place of listing its addresses.
            if not addresses and one.get("name"):
                addresses = (one.get("name") or "",)
            found.append(SendTarget(group.get("right") or "", one.get("type") or "", addresses, one.get("d") or ""))
    return found
