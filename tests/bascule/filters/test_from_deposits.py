"""Rules of deposited files: read once, kept when the file goes, told on its page."""

from __future__ import annotations

import io
from base64 import b64encode
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Agent
from bascule import deposits, reading
from bascule.filters.contents import contents_of
from bascule.models import CapturedRule, Deposit
from tests.factories import make_agent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("deposit_dir")]

SCRIPT = """require ["fileinto"];
# Rule Info: $Order=1 Name="Réunions"
if header :contains "Subject" "réunion" { fileinto "Réunions"; stop; }
# Rule Info: $Order=2 Name="Ailleurs"
if header :contains "From" "chef" { redirect "moi@ailleurs.example"; }
""".encode()


def ldif(*values: str) -> bytes:
    lines = [f"mailSieveRuleSource:: {b64encode(value.encode()).decode()}" for value in values]
    return "\n".join(["dn: uid=c,ou=People,o=x", "objectClass: inetUser", *lines, ""]).encode()


@pytest.fixture
def deposit_dir(tmp_path: Path, settings) -> Path:
    settings.DEPOSIT_DIR = tmp_path
    return tmp_path


@pytest.fixture(autouse=True)
def queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.handing_out.hand_out", lambda task, pk, **kwargs: None)


@pytest.fixture
def agent() -> Agent:
    return make_agent()


def deposit(agent: Agent, content: bytes, name: str = "regles.sieve", kind: str = "") -> Deposit:
    received = deposits.receive(agent=agent, name=name, file=io.BytesIO(content), by=agent, kind=kind)
    reading.read(received.new[0].pk)
    return Deposit.objects.get(pk=received.new[0].pk)


def test_a_script_becomes_rules_in_their_order(agent: Agent) -> None:
    row = deposit(agent, SCRIPT)
    assert (row.kind, row.state, row.items_in, row.items_out) == ("filters", "read", 2, 2)
    assert [(rule.position, rule.verdict, rule.origin) for rule in row.rules.all()] == [
        (1, "same", "file"),
        (2, "refused", "file"),
    ]
    assert row.remark_counts
    assert contents_of(row.rules.all()[0]).name == "Réunions"


def test_rules_in_ldif_are_no_address_book(agent: Agent) -> None:
    second = '# Rule Info: $Order=1 Name="B"\nif header :is "Subject" "b" { discard; }'
    first = '# Rule Info: $Order=2 Name="A"\nif header :is "Subject" "a" { keep; }'
    row = deposit(agent, ldif(first, second), "annuaire.ldif")
    assert row.kind == "filters"
    assert [contents_of(rule).name for rule in row.rules.all()] == ["B", "A"]


def test_what_is_known_is_told_and_not_added(agent: Agent) -> None:
    deposit(agent, SCRIPT)
    more = SCRIPT + b'# Rule Info: $Order=3 Name="Neuve"\nif header :is "Subject" "n" { discard; }\n'
    row = deposit(agent, more)
    assert (row.items_in, row.items_out, row.remark_counts["rule_known"]) == (3, 1, 2)
    assert CapturedRule.objects.count() == 3


def test_a_reader_that_was_killed_starts_over_with_the_same_outcome(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    received = deposits.receive(agent=agent, name="r.sieve", file=io.BytesIO(SCRIPT), by=agent)
    with monkeypatch.context() as patch:
        patch.setattr("bascule.models.Deposit.save", killed)
        with pytest.raises(KeyboardInterrupt):
            reading.read(received.new[0].pk)
    assert CapturedRule.objects.count() == 0
    reading.read(received.new[0].pk)
    reading.read(received.new[0].pk)
    assert CapturedRule.objects.count() == 2


def test_rules_stay_when_the_file_goes(agent: Agent) -> None:
    row = deposit(agent, SCRIPT)
    deposits.delete(deposit=row, by=agent)
    assert [rule.deposit for rule in CapturedRule.objects.all()] == [None, None]


def test_where_it_was_handed_over_decides_when_the_content_does_not(agent: Agent) -> None:
    text = b'header :contains "Subject" "x"'
    assert "ni fiches de contact ni" in deposit(agent, text + b" ").error
    refused = deposit(agent, text, kind="filters")
    assert refused.kind == "filters"
    assert "ni fiches de contact" not in refused.error


def test_a_text_without_rules_is_refused_in_french(agent: Agent) -> None:
    row = deposit(agent, b"Bonjour, voici mes vacances.", kind="filters")
    assert (row.state, row.error_code) == ("unreadable", "no_rules")
    assert "aucune règle" in row.error


def test_the_page_of_the_file_shows_its_rules(agent: Agent, client: Client) -> None:
    row = deposit(agent, SCRIPT + b'# Rule Info: Name="<script>x</script>"\nif true { keep; }\n')
    client.force_login(agent)
    html = client.get(reverse("file_detail", args=[row.pk])).content.decode()
    assert "Réunions" in html
    assert reverse("filters") in html
    assert "&lt;script&gt;x" in html
    assert "<script>x" not in html
    assert "Rien à importer" not in html


def test_rules_of_a_file_can_be_downloaded_as_zimbra_holds_them(agent: Agent, client: Client) -> None:
    row = deposit(agent, SCRIPT)
    client.force_login(agent)
    link = reverse("file_cleaned", args=[row.pk])
    assert link in client.get(reverse("file_detail", args=[row.pk])).content.decode()
    answer = client.get(link)
    assert "filtres-zimbra.sieve" in answer["Content-Disposition"]
    assert "# Réunions\nif " in answer.content.decode()
    row.rules.filter(position=1).update(active=False)
    assert "# Réunions\ndisabled_if " in client.get(link).content.decode()
    client.force_login(make_agent())
    assert client.get(link).status_code == 404


def test_a_file_of_which_nothing_goes_to_zimbra_has_no_script(agent: Agent, client: Client) -> None:
    row = deposit(agent, b'if size :over 1M { redirect "moi@ailleurs.example"; }')
    client.force_login(agent)
    link = reverse("file_cleaned", args=[row.pk])
    assert link not in client.get(reverse("file_detail", args=[row.pk])).content.decode()
    assert client.get(link).status_code == 404
