import re
from pathlib import Path

from zimbra.admin import AdminClient
from zimbra.client import ZimbraClient

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "zimbra-client.md"


def test_every_verb_of_the_page_exists() -> None:
    mailbox, administration = PAGE.read_text(encoding="utf-8").split("## Verbs of the administration")
    for client, part in ((ZimbraClient, mailbox), (AdminClient, administration.split("## ")[0])):
        rows = [line for line in part.splitlines() if line.startswith("| ")]
        named = {name for line in rows for name in re.findall(r"`(\w+)`", line)}
        assert len(named) > 20
        assert {name for name in named if not hasattr(client, name)} == set()
