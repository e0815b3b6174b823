"""Mail handed over to the simulated Zimbra: where it ends, to be held against what `sieve-test` says of the old script.

Left out, because the mailbox is not the one of the old server there: the size, which grows on the way by the fields of
the delivery; the recipient, which is the account's address; and what a Zimbra takes for spam before any rule is run.
"""

from __future__ import annotations

import smtplib
from collections.abc import Sequence

from tests.bascule.conversions.filters.proof import new_script
from tests.bascule.conversions.filters.proof.messages import Draft, message
from tests.bascule.conversions.filters.proof.trial import Places
from tests.simulated import Simulated
from zimbra.types.filters import FilterRule
from zimbra.types.folders import Folder


def deliverable(drafts: Sequence[Draft]) -> list[Draft]:
    return [
        draft
        for draft in drafts
        if draft.size is None and draft.recipient is None and "X-Spam-Flag" not in dict(draft.headers)
    ]


class Post:
    """A new mailbox with rules, and the mail it gets."""

    def __init__(self, server: Simulated, rules: Sequence[FilterRule]) -> None:
        self._server = server
        self._address = server.create_account()
        self._rules = rules

    def landed(self, drafts: Sequence[Draft]) -> list[Places]:
        """For each message the folders it is in, with its flags and tags there."""
        found: list[set[tuple[str, frozenset[str]]]] = [set() for _ in drafts]
        with self._server.client(self._address) as client:
            client.replace_filters(self._rules)
            with smtplib.LMTP("127.0.0.1", self._server.lmtp_port) as connection:
                for number, draft in enumerate(drafts):
                    raw = message(draft | Draft(headers=(("Message-ID", f"<{number}@proof.example>"),)))
                    connection.sendmail(draft.envelope.sender, [self._address], raw)
            paths = dict(_paths(client.folders()))
            for one in client.messages("is:anywhere"):
                flags = {"\\seen"} - ({"\\seen"} if one.is_unread else set())
                flags |= {"\\flagged"} if "f" in one.flags else set()
                place = (new_script.folder_named(paths[one.folder_id]), frozenset(flags | _tags(one.tags)))
                number = one.message_id.strip("<>").partition("@")[0]
                assert number.isdigit(), "a letter that nobody sent"
                assert place not in found[int(number)], "filed twice"
                found[int(number)].add(place)
        return [frozenset(places) for places in found]


def _tags(tags: Sequence[str]) -> set[str]:
    return {f"tag:{tag.lower()}" for tag in tags}


def _paths(folder: Folder) -> list[tuple[str, str]]:
    return [(folder.id, folder.path), *(one for child in folder.children for one in _paths(child))]
