"""The PyPI package `python-zimbra`, unchanged, in both of its forms, on the simulated Zimbra (or a real one)."""

from __future__ import annotations

from typing import Any

import pytest
from pythonzimbra.communication import Communication
from pythonzimbra.exceptions.auth import AuthenticationFailed
from pythonzimbra.tools import auth

from tests.simulated import Server
from tests.zimbra.independent.conftest import Person

# Sockets that this client leaves for the garbage collector to close.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")

ACCOUNT, MAIL, ADMIN = "urn:zimbraAccount", "urn:zimbraMail", "urn:zimbraAdmin"


class Talk:
    """One signed-in person, in XML or in JSON."""

    def __init__(self, url: str, form: str, token: Any) -> None:
        self.form, self.token = form, token
        self.server = Communication(url)

    def ask(self, name: str, content: dict[str, Any], ns: str = MAIL) -> Any:
        """The response, or the fault's code."""
        request = self.server.gen_request(request_type=self.form, token=self.token)
        request.add_request(name, content, ns)
        response = self.server.send_request(request)
        if response.is_fault():
            return response.get_fault_code()
        return response.get_response()[name.replace("Request", "Response")]

    def batch(self, *requests: tuple[str, dict[str, Any], str]) -> Any:
        request = self.server.gen_request(
            request_type=self.form, token=self.token, set_batch=True, batch_onerror="continue"
        )
        ids = [request.add_request(*one) for one in requests]
        return ids, self.server.send_request(request)


def several(value: Any) -> list[Any]:
    """This client gives a lone child by itself and several as a list."""
    return value if isinstance(value, list) else [value]


@pytest.fixture(params=["xml", "json"])
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def talk(server: Server, person: Person, form: str) -> Talk:
    url = f"{server.url}/service/soap"
    token = auth.authenticate(url, person.address, person.password, use_password=True, request_type=form)
    assert token is not None
    return Talk(url, form, token)


def test_sign_in_with_the_domains_key(server: Server, person: Person, form: str) -> None:
    if not server.preauth_key:
        pytest.skip("the domain's preauth key is not known")
    url = f"{server.url}/service/soap"
    token = auth.authenticate(url, person.address, server.preauth_key, request_type=form)
    assert Talk(url, form, token).ask("GetInfoRequest", {"sections": "mbox"}, ACCOUNT)["name"] == person.address


def test_a_wrong_password_is_told(server: Server, person: Person, form: str) -> None:
    url = f"{server.url}/service/soap"
    with pytest.raises(AuthenticationFailed, match=r"account\.AUTH_FAILED"):
        auth.authenticate(url, person.address, "faux", use_password=True, request_type=form, raise_on_error=True)


def test_the_administrator_signs_in_and_finds_an_account(server: Server, person: Person, form: str) -> None:
    url = f"{server.admin_url}/service/admin/soap"
    token = auth.authenticate(url, server.admin_address, server.admin_password, admin_auth=True, request_type=form)
    talk = Talk(url, form, token)
    found = talk.ask("GetAccountRequest", {"account": {"by": "name", "_content": person.address}}, ADMIN)
    assert found["account"]["name"] == person.address
    missing = talk.ask("GetAccountRequest", {"account": {"by": "name", "_content": "nobody@" + server.domain}}, ADMIN)
    assert missing == "account.NO_SUCH_ACCOUNT"


def test_folders_are_listed_and_created(talk: Talk) -> None:
    made = talk.ask("CreateFolderRequest", {"folder": {"name": "Élèves", "l": "2", "view": "message"}})["folder"]
    root = talk.ask("GetFolderRequest", {})["folder"]
    names = {folder["id"]: folder["name"] for folder in several(root["folder"])}
    assert names["7"] == "Contacts"
    assert names["10"] == "Calendar"
    inbox = next(folder for folder in several(root["folder"]) if folder["id"] == "2")
    assert [folder["id"] for folder in several(inbox["folder"])] == [made["id"]]


def test_contacts_are_created_and_found(talk: Talk) -> None:
    fields = [{"n": "firstName", "_content": "Marie"}, {"n": "lastName", "_content": "Grondin"}]
    made = talk.ask("CreateContactRequest", {"cn": {"a": fields}})["cn"]
    found = talk.ask("SearchRequest", {"types": "contact", "query": "grondin"})["cn"]
    assert several(found)[0]["id"] == made["id"]
    assert several(found)[0]["fileAsStr"] == "Grondin, Marie"


def test_filter_rules_are_set_and_listed(talk: Talk) -> None:
    rule = {
        "name": "Ranger",
        "active": "1",
        "filterTests": {
            "condition": "anyof",
            "headerTest": {"header": "subject", "stringComparison": "contains", "value": "conseil", "index": "0"},
        },
        "filterActions": {"actionFileInto": {"folderPath": "Inbox/Conseils", "index": "0"}},
    }
    answer = talk.ask("ModifyFilterRulesRequest", {"filterRules": {"filterRule": rule}})
    assert not isinstance(answer, str), answer
    rules = several(talk.ask("GetFilterRulesRequest", {})["filterRules"])[0]
    found = several(rules["filterRule"])[0]
    assert found["name"] == "Ranger"
    tests = several(found["filterTests"])[0]
    assert several(tests["headerTest"])[0]["value"] == "conseil"
    actions = several(found["filterActions"])[0]
    assert several(actions["actionFileInto"])[0]["folderPath"] == "Inbox/Conseils"


def test_an_appointment_is_created_and_read(talk: Talk, person: Person, unique: str) -> None:
    component = {
        "name": f"Conseil {unique}",
        "loc": "Salle 3",
        "allDay": "0",
        "s": {"d": "20260914T140000", "tz": "Europe/Paris"},
        "e": {"d": "20260914T153000", "tz": "Europe/Paris"},
        "or": {"a": person.address},
    }
    content = {
        "m": {
            "l": "10",
            "su": f"Conseil {unique}",
            "inv": {"comp": component},
            "mp": {"ct": "text/plain", "content": "Ordre du jour"},
        }
    }
    made = talk.ask("CreateAppointmentRequest", content)
    assert not isinstance(made, str), made
    read = several(talk.ask("GetAppointmentRequest", {"id": made["calItemId"]})["appt"])[0]
    comp = several(several(read["inv"])[0]["comp"])[0]
    assert comp["name"] == f"Conseil {unique}"
    assert comp["loc"] == "Salle 3"
    assert several(comp["s"])[0]["d"] == "20260914T140000"
    # 14:00 in Paris that day is noon in universal time.
    noon = 1_789_387_200_000
    found = talk.ask("GetApptSummariesRequest", {"s": str(noon - 1), "e": str(noon + 1)})["appt"]
    assert several(found)[0]["id"] == made["calItemId"]


def test_a_batch_answers_each_request(talk: Talk) -> None:
    ids, response = talk.batch(
        ("GetFolderRequest", {}, MAIL),
        ("GetInfoRequest", {"sections": "mbox"}, ACCOUNT),
        ("GetMsgRequest", {"m": {"id": "999999"}}, MAIL),
    )
    assert response.is_batch()
    told = response.get_batch()
    assert told["hasFault"]
    names = {str(key): value for key, value in told["idToName"].items()}
    assert (names[str(ids[0])], names[str(ids[1])]) == ("GetFolderResponse", "GetInfoResponse")
    if talk.form == "json":
        assert {str(key): value for key, value in response.get_fault_code().items()} == {
            str(ids[2]): "mail.NO_SUCH_MSG"
        }
    else:  # there, this client looks for a fault in every answer
        assert response.get_response(ids[2])["Fault"]["Detail"]["Error"]["Code"] == "mail.NO_SUCH_MSG"
    assert several(response.get_response(ids[0])["GetFolderResponse"]["folder"])[0]["id"] == "1"


def test_faults_have_their_codes(talk: Talk) -> None:
    assert talk.ask("GetFolderRequest", {"folder": {"l": "4711"}}) == "mail.NO_SUCH_FOLDER"
    assert talk.ask("InventedRequest", {}) == "service.UNKNOWN_DOCUMENT"
    talk.token = "0_abc_def"
    assert talk.ask("GetFolderRequest", {}) in {"service.AUTH_REQUIRED", "service.AUTH_EXPIRED"}
