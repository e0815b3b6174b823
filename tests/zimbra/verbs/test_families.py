from collections import Counter

import pytest

from zimbra.admin import AdminClient
from zimbra.client import ZimbraClient


@pytest.mark.parametrize("client", [ZimbraClient, AdminClient])
def test_no_family_of_verbs_hides_a_method_of_another(client: type) -> None:
    names = Counter(
        name
        for family in client.__mro__
        if family.__module__.startswith("zimbra.")
        for name in vars(family)
        if not name.startswith("__")
    )
    assert names["ask_all"] == 1
    assert [name for name, times in names.items() if times > 1] == []


@pytest.mark.parametrize("client", [ZimbraClient, AdminClient])
def test_every_verb_says_what_it_does(client: type) -> None:
    verbs = [name for name in dir(client) if not name.startswith("_") and callable(getattr(client, name))]
    assert "ask_all" in verbs
    assert [name for name in verbs if not getattr(client, name).__doc__] == []
