"""Senders never, or always, taken for spam. What the webmail trusts to show pictures is a preference, not this."""

from __future__ import annotations

from collections.abc import Sequence

from zimbra import soap
from zimbra.errors import TOO_MANY, Refused
from zimbra.types import Limits, SenderLists
from zimbra.verbs.base import Ask, Verbs, nothing


class SenderVerbs(Verbs):
    def sender_lists(self) -> SenderLists:
        """Both lists. NotOffered: the service filters elsewhere."""
        return self.ask(Ask(soap.request("GetWhiteBlackListRequest", soap.ACCOUNT), _lists, repeatable=True))

    def set_sender_lists(
        self, *, white: Sequence[str] | None = None, black: Sequence[str] | None = None, limits: Limits | None = None
    ) -> None:
        """Replace a list, or both; None leaves one as it is, an empty one clears it.

        Refused request.TOO_MANY: more than `limits` allow (nothing was sent); service.INVALID_REQUEST.
        """
        allowed = limits or Limits()
        inner = ""
        for element, addresses, most in (
            ("whiteList", white, allowed.white_list),
            ("blackList", black, allowed.black_list),
        ):
            if addresses is None:
                continue
            if len(addresses) > most:
                raise Refused(TOO_MANY, f"{most} addresses allowed")
            inner += f"<{element}>{''.join(f'<addr>{soap.text(one)}</addr>' for one in addresses)}</{element}>"
        self._modify_lists(inner)

    def change_sender_lists(
        self,
        *,
        allow: Sequence[str] = (),
        block: Sequence[str] = (),
        disallow: Sequence[str] = (),
        unblock: Sequence[str] = (),
    ) -> None:
        """Add to and take from the lists: what is there, or gone, already makes no difference.

        Whoever is allowed is unblocked, and the reverse. Refused service.INVALID_REQUEST: the list would grow too long.
        """
        changes = {
            "whiteList": [("+", one) for one in allow] + [("-", one) for one in (*disallow, *block)],
            "blackList": [("+", one) for one in block] + [("-", one) for one in (*unblock, *allow)],
        }
        self._modify_lists(
            "".join(
                f"<{element}>{''.join(_change(sign, one) for sign, one in asked)}</{element}>"
                for element, asked in changes.items()
                # An empty list would clear what is there.
                if asked
            )
        )

    def _modify_lists(self, inner: str) -> None:
        if inner:
            request = soap.request("ModifyWhiteBlackListRequest", soap.ACCOUNT, inner)
            self.ask(Ask(request, nothing, repeatable=True))


def _change(sign: str, address: str) -> str:
    return f'<addr op="{sign}">{soap.text(address)}</addr>'


def _lists(answer: soap.Element) -> SenderLists:
    def addresses(name: str) -> tuple[str, ...]:
        found = soap.child(answer, name)
        return () if found is None else tuple(one.text or "" for one in soap.children(found, "addr"))

    return SenderLists(white=addresses("whiteList"), black=addresses("blackList"))
