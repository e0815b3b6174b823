"""What counts as a part of a list, whatever somebody called it."""

from __future__ import annotations

from dataclasses import replace

from bascule.lists.elements import Standing, assess, keys_of
from bascule.lists.finding import find
from bascule.lists.planning import MAY_NOT, MAY_SEND, ON_BEHALF, Plan, make_plan, may_send
from bascule.lists.rules import INCOMING, OUTGOING, differences, find_rule, mended, rule_name, wanted_rule
from bascule.mailbox_look import SeenFolder, Snapshot
from tests.bascule.lists.setting_up import ADDRESS, wish
from tests.each import each
from zimbra.types import Identity, Limits, Signature
from zimbra.types.filter_actions import Discard, FileInto, Flag, Keep, Stop
from zimbra.types.filter_tests import AddressTest, EnvelopeTest, HeaderTest, SizeTest, Test
from zimbra.types.filters import FilterRule

LOCAL = ADDRESS.partition("@")[0]
INTO = (FileInto(ADDRESS), Stop())


def rule(*tests: Test, actions: tuple[object, ...] = INTO, **fields: object) -> FilterRule:
    return FilterRule(**{"name": "à la main", "tests": tests, "actions": actions, **fields})


def folder(number: int, path: str, parent: str = "1", **fields: object) -> SeenFolder:
    return SeenFolder(**{"id": str(number), "path": path, "view": "message", "parent_id": parent, **fields})


def standing(picture: Snapshot, key: str, **fields: object) -> Standing:
    return next(one.standing for one in assess(wish(**fields), picture) if one.key == key)


def test_rule_of_the_portal_is_as_wanted() -> None:
    for setup in (wish(), wish(also_headers=True), wish(stops=False)):
        for direction, path in ((INCOMING, ADDRESS), (OUTGOING, f"{ADDRESS}/Envoyé")):
            made = wanted_rule(setup, direction, path, "x")
            assert find_rule([made], setup, direction) == made
            assert differences(made, setup, direction, path) == ()


@each(
    "tests",
    [
        (HeaderTest("to,cc", ADDRESS),),
        (HeaderTest("To, Cc", ADDRESS.upper()),),
        (AddressTest("to,cc", ADDRESS, comparison="contains"),),
        (AddressTest("to,cc", LOCAL, part="localpart"),),
        (HeaderTest("to,cc", f"*{ADDRESS}*", comparison="matches"),),
        (HeaderTest("to,cc", f"{LOCAL}@"),),
        (HeaderTest("to,cc", LOCAL),),
        (HeaderTest("to", ADDRESS), HeaderTest("cc", ADDRESS)),
        (HeaderTest("to,cc", ADDRESS), HeaderTest("subject", "STI2D")),
    ],
)
def test_rule_made_by_hand_is_recognised_by_what_it_does(tests: tuple[Test, ...]) -> None:
    made = rule(*tests, condition="anyof")
    assert find_rule([rule(HeaderTest("subject", "x")), made], wish(), INCOMING) == made
    assert differences(made, wish(), INCOMING, f"/{ADDRESS.upper()}") == ()


@each(
    "other",
    [
        rule(HeaderTest("to,cc", f"vieux-{ADDRESS}")),
        rule(HeaderTest("to,cc", "autre@academie.example")),
        rule(HeaderTest("to,cc", ADDRESS, negative=True)),
        rule(HeaderTest("to,cc", ADDRESS), SizeTest("over", "1M")),
        rule(HeaderTest("from", ADDRESS)),
        rule(AddressTest("to,cc", "academie.example", part="domain")),
        rule(HeaderTest("to,cc", ADDRESS), actions=(Discard(),)),
        rule(EnvelopeTest("from", ADDRESS)),
    ],
)
def test_rule_with_another_purpose_is_left_alone(other: FilterRule) -> None:
    assert find_rule([other], wish(), INCOMING) is None


def test_plain_word_in_a_rule_is_not_taken_for_the_list() -> None:
    parents = wish(address="parents@academie.example")
    assert find_rule([rule(HeaderTest("to,cc", "parents"))], parents, INCOMING) is None
    assert find_rule([rule(HeaderTest("to,cc", "parents@"))], parents, INCOMING) is not None


@each(
    ("there", "code", "overwrites"),
    [
        (rule(HeaderTest("to", ADDRESS)), "tests", False),
        (rule(HeaderTest("to,cc", ADDRESS), active=False), "inactive", True),
        (rule(HeaderTest("to,cc", ADDRESS), actions=(FileInto("Autre"), Stop())), "target", True),
        (rule(HeaderTest("to,cc", ADDRESS), actions=(FileInto(ADDRESS, copy=True), Stop())), "copy", True),
        (rule(HeaderTest("to,cc", ADDRESS), actions=(FileInto(ADDRESS),)), "stop", True),
        (rule(HeaderTest("to", ADDRESS), HeaderTest("cc", ADDRESS)), "condition", True),
    ],
)
def test_difference_of_a_rule_is_told_and_mended(there: FilterRule, code: str, overwrites: bool) -> None:
    [found] = differences(there, wish(), INCOMING, ADDRESS)
    assert (found.code, found.overwrites) == (code, overwrites)
    changed = mended(there, wish(), INCOMING, ADDRESS, {code})
    assert differences(changed, wish(), INCOMING, ADDRESS) == ()
    assert changed.name == there.name


def test_mending_keeps_what_else_a_rule_does() -> None:
    there = rule(
        HeaderTest("to", ADDRESS), HeaderTest("subject", "STI2D"), condition="anyof", actions=(Flag("read"), *INTO)
    )
    changed = mended(there, wish(), INCOMING, ADDRESS, {"tests"})
    assert changed.tests == (*there.tests, AddressTest("cc", ADDRESS))
    assert changed.actions == there.actions


def test_filter_wanted_without_copy_loses_its_keep() -> None:
    there = rule(HeaderTest("to,cc", ADDRESS), actions=(FileInto(ADDRESS, copy=True), Keep(), Stop()))
    assert mended(there, wish(), INCOMING, ADDRESS, {"copy"}).actions == INTO


def test_name_of_a_rule_is_never_somebody_elses() -> None:
    taken = rule(name=f"liste {ADDRESS}")
    assert rule_name(wish(), INCOMING, [taken]) == f"Liste {ADDRESS} (2)"
    assert rule_name(wish(), INCOMING) != rule_name(wish(), OUTGOING)


FILED = {"actions": (FileInto("/STI"),)}
BY_USE = {
    "name": (Snapshot(folders=(folder(300, ADDRESS.upper()),)), "300"),
    "elsewhere": (Snapshot(folders=(folder(300, f"Inbox/{ADDRESS}", "2"), folder(301, LOCAL))), "300"),
    "no-domain": (Snapshot(folders=(folder(300, LOCAL), folder(301, f"{LOCAL}/Archives", "300"))), "300"),
    "other-use": (Snapshot(folders=(folder(300, LOCAL), folder(301, f"{LOCAL}/2026", "300"))), None),
    "by-rule": (
        Snapshot(folders=(folder(300, "STI"),), incoming=(rule(HeaderTest("to,cc", ADDRESS), **FILED),)),
        "300",
    ),
    "by-sent-rule": (
        Snapshot(
            folders=(folder(300, "STI"), folder(301, "STI/Envoyés", "300")),
            outgoing=(rule(HeaderTest("from", ADDRESS), actions=(FileInto("STI/Envoyés"),)),),
        ),
        "300",
    ),
    "by-identity": (
        Snapshot(folders=(folder(300, "STI"),), identities=(Identity("x", from_address=ADDRESS, folder_ids=("300",)),)),
        "300",
    ),
    "inbox": (
        Snapshot(
            folders=(folder(2, "Inbox"),),
            incoming=(rule(HeaderTest("to,cc", ADDRESS), actions=(FileInto("Inbox"),)),),
        ),
        None,
    ),
    "trash": (Snapshot(folders=(folder(300, f"Trash/{ADDRESS}", "3"),)), None),
    "contacts": (Snapshot(folders=(folder(300, ADDRESS, view="contact"),)), None),
    "mounted": (Snapshot(folders=(folder(300, ADDRESS, is_mountpoint=True),)), None),
}


@each(("picture", "number"), BY_USE.values(), ids=BY_USE)
def test_folder_is_found_by_its_name_or_its_use(picture: Snapshot, number: str | None) -> None:
    found = find(wish(), picture).folder
    assert (found.id if found else None) == number


def test_name_held_by_something_else_blocks_the_folder() -> None:
    assert standing(Snapshot(folders=(folder(300, ADDRESS, view="contact"),)), "folder") is Standing.BLOCKED


def test_subfolders_are_known_by_usual_names() -> None:
    below = (folder(301, f"{ADDRESS}/Envoyes", "300"), folder(302, f"{ADDRESS}/CORBEILLE", "300"))
    found = find(wish(), Snapshot(folders=(folder(300, ADDRESS), *below, folder(303, "Archives"))))
    assert {name: one.id for name, one in found.subfolders.items()} == {"Envoyé": "301", "Corbeille": "302"}


def test_elements_are_nine_and_fewer_when_less_is_wanted() -> None:
    assert len(keys_of(wish())) == 9
    assert keys_of(wish(signature_text="", subfolders=("Archives",))) == ("folder", "archives", "identity", "incoming")


def test_full_mailbox_blocks_what_cannot_be_made_and_nothing_else() -> None:
    full = Snapshot(
        limits=Limits(identities=2, signatures=1, signature_length=5),
        identities=(Identity("DEFAULT"), Identity("a", from_address="a@b.fr")),
        signatures=(Signature("x", text="x"),),
    )
    assert standing(full, "identity") is Standing.BLOCKED
    assert standing(full, "signature", signature_text="abc") is Standing.BLOCKED
    # Too long.
    assert standing(replace(full, signatures=()), "signature", signature_text="abcdef") is Standing.BLOCKED
    unlimited = replace(full, limits=Limits(identities=0, signatures=0, signature_length=0))
    assert standing(unlimited, "identity") is standing(unlimited, "signature") is Standing.MISSING
    assert make_plan(wish(), full).blocked


def test_rules_that_cannot_be_written_back_block_a_new_one() -> None:
    twice = (rule(HeaderTest("subject", "a")), rule(HeaderTest("subject", "b")))
    assert standing(Snapshot(incoming=twice), "incoming") is Standing.BLOCKED
    assert standing(Snapshot(incoming=twice), "outgoing") is Standing.MISSING


def test_signature_of_another_kind_is_never_overwritten_silently() -> None:
    picture = Snapshot(
        folders=(folder(300, ADDRESS, colour=3),),
        identities=(Identity("x", from_address=ADDRESS, signature_id="s", answer_signature_id="s"),),
        signatures=(Signature("La mienne", text="Autre texte", id="s"),),
    )
    assert standing(picture, "signature") is Standing.MISSING
    assert standing(picture, "signature_use") is Standing.DIFFERS
    plan = make_plan(wish(), picture)
    assert "signature_use" not in plan.changes
    assert make_plan(wish(), picture, put_right=["signature_use"]).agreed["signature_use"] == {"new", "answers"}


def test_signature_of_another_list_is_not_shared() -> None:
    text = wish().signature_text
    assert standing(Snapshot(signatures=(Signature("autre@academie.example", text=text),)), "signature") == "missing"
    assert standing(Snapshot(signatures=(Signature("Ma liste", text=text),)), "signature") == "present"


def test_plan_comes_back_from_json_as_it_was() -> None:
    picture = Snapshot(folders=(folder(300, ADDRESS, colour=5),), send_on_behalf=(ADDRESS,))
    plan = make_plan(wish(), picture, put_right=["folder", "nothing-of-that-name"])
    assert Plan.from_json(plan.as_json()) == plan
    assert (dict(plan.agreed), plan.on_behalf) == ({"folder": frozenset({"colour"})}, True)


def test_right_to_write_as_the_list_is_read_from_what_the_service_tells() -> None:
    assert may_send(ADDRESS, Snapshot()) == MAY_NOT
    assert may_send(ADDRESS, Snapshot(addresses=("moi@academie.example", ADDRESS.title()))) == MAY_SEND
    assert may_send(ADDRESS, Snapshot(send_as=(ADDRESS,), send_on_behalf=(ADDRESS,))) == MAY_SEND
    assert may_send(ADDRESS, Snapshot(send_on_behalf=(ADDRESS,))) == ON_BEHALF
