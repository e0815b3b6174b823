from collections import Counter

from zimbra.client import ZimbraClient


def test_no_family_of_verbs_hides_a_method_of_another() -> None:
    names = Counter(
        name
        for family in ZimbraClient.__mro__
        if family.__module__.startswith("zimbra.")
        for name in vars(family)
        if not name.startswith("__")
    )
    assert names["folders"] == 1
    assert [name for name, times in names.items() if times > 1] == []
