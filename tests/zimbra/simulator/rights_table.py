"""Every request of mail and account, and what each may do for somebody to whom the mailbox does not belong.

Placeholders stand for things of the mailbox asked about: {m} message, {conv} conversation, {f} its folder; {c} contact,
{cf} its folder; {a} appointment, {inv} its invitation, {af} its calendar; {t}, {tinv}, {tf} the same of a task; {i} a
message that brought an invitation. {owner} and {zid}: address and id of the account; {other}: somebody else's address.
{number_m}, {tag}, {search}, {link}, {draft}, {identity} and {signature} are named by the owner alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from tests.zimbra.simulator.appointments import WEEKLY, lasting, ms

MAIL, ACCOUNT = "urn:zimbraMail", "urn:zimbraAccount"


class Kind(Enum):
    """Who else may. READ: who has `r`. WRITE: who has `rwidx`. OWN: nobody but the owner and an administrator.

    LOOK: anybody may ask, who has no rights gets the answer that an empty mailbox gives.
    """

    READ = "read"
    WRITE = "write"
    OWN = "own"
    LOOK = "look"


@dataclass(frozen=True)
class Row:
    """`helper`: whether `rwidx` on the folder is enough for a WRITE. `link`: given a link, it is about the link itself.

    `nothing`: what an answer says when there is nothing that the caller might see, instead of a fault.
    """

    ns: str
    name: str
    inside: str
    kind: Kind
    attrs: str = ""
    helper: bool = True
    link: bool = False
    nothing: str = ""

    @property
    def xml(self) -> str:
        return f'<{self.name}Request xmlns="{self.ns}" {self.attrs}>{self.inside}</{self.name}Request>'

    @property
    def label(self) -> str:
        return f"{self.name} {self.attrs} {self.inside}"[:110].strip()


# Requests that say nothing of any mailbox, or only of whoever asks, and why.
EXPLAINED = {
    (MAIL, "NoOpRequest"): "keeps a session alive",
    (MAIL, "GenerateUUIDRequest"): "draws a number",
    (MAIL, "GetFreeBusyRequest"): "everybody sees free and busy times, unless the owner denies it; test_free_busy.py",
    (MAIL, "GetWorkingHoursRequest"): "as free and busy times; test_free_busy.py",
    (MAIL, "CheckPermissionRequest"): "what the caller may do to somebody",
    (MAIL, "ExpandRecurRequest"): "computes with what the request says",
    (ACCOUNT, "AuthRequest"): "signs in with a password; test_auth.py",
    (ACCOUNT, "ChangePasswordRequest"): "needs the old password; test_auth.py",
    (ACCOUNT, "EndSessionRequest"): "ends the caller's own session; test_auth.py",
    (ACCOUNT, "ClientInfoRequest"): "what the domain tells everybody",
    (ACCOUNT, "GetVersionInfoRequest"): "the version of the server",
    (ACCOUNT, "GetAvailableLocalesRequest"): "the same for everybody",
    (ACCOUNT, "GetAllLocalesRequest"): "the same for everybody",
    (ACCOUNT, "GetAvailableSkinsRequest"): "the same for everybody",
    (ACCOUNT, "GetAvailableCsvFormatsRequest"): "the same for everybody",
    (ACCOUNT, "GetAccountInfoRequest"): "the address of an account is in the directory",
    (ACCOUNT, "CheckRightsRequest"): "what the caller may do to somebody",
    (ACCOUNT, "DiscoverRightsRequest"): "what the caller was granted",
    (ACCOUNT, "GetDistributionListRequest"): "lists are in the directory; test_lists.py",
    (ACCOUNT, "GetDistributionListMembersRequest"): "lists are in the directory; test_lists.py",
    (ACCOUNT, "SubscribeDistributionListRequest"): "the caller's own place in a list; test_lists.py",
    (ACCOUNT, "CreateDistributionListRequest"): "needs a right on the domain; test_lists.py",
    (ACCOUNT, "DistributionListActionRequest"): "for the owners of a list; test_lists.py",
    (ACCOUNT, "SearchGalRequest"): "the directory everybody sees",
    (ACCOUNT, "AutoCompleteGalRequest"): "the directory everybody sees",
    (ACCOUNT, "SyncGalRequest"): "the directory everybody sees",
}

SPAN = f's="{ms(2026, 8, 30)}" e="{ms(2026, 9, 30)}"'
_COMP = f'<comp name="Neuf">{lasting()}</comp>'
_INV = f"<inv>{_COMP}</inv><su>Neuf</su>"
_LETTER = '<e t="t" a="{other}"/><su>Copie</su><mp ct="text/plain"><content>x</content></mp>'
_FILTER = (
    '<filterRules><filterRule name="tri" active="1"><filterTests condition="anyof"><headerTest header="subject" '
    'stringComparison="contains" value="tri"/></filterTests><filterActions><actionKeep/></filterActions></filterRule>'
    "</filterRules>"
)
_RAW = "From: a@x.fr&#10;To: b@x.fr&#10;Subject: x&#10;&#10;x&#10;"
_VCARD = "BEGIN:VCARD&#10;VERSION:3.0&#10;FN:Neuf&#10;N:Neuf;;;;&#10;END:VCARD&#10;"
_ICS = (
    "BEGIN:VCALENDAR&#10;VERSION:2.0&#10;BEGIN:VEVENT&#10;UID:import-1&#10;DTSTART:20260901T060000Z&#10;"
    "DTEND:20260901T070000Z&#10;SUMMARY:x&#10;END:VEVENT&#10;END:VCALENDAR&#10;"
)


_ABOUT_LINKS = ("FolderAction", "GetItem", "GetFolder")


def _mail(name: str, kind: Kind, inside: str = "", attrs: str = "", *, helper: bool = True, nothing: str = "") -> Row:
    link = name in _ABOUT_LINKS and 'grant"' not in inside
    return Row(MAIL, name, inside, kind, attrs, helper, link, nothing)


def _account(name: str, inside: str = "", attrs: str = "") -> Row:
    return Row(ACCOUNT, name, inside, Kind.OWN, attrs)


def _items() -> list[Row]:
    """What is done to items, each operation to each kind of item it may be done to."""
    changes = ["read", "!read", "flag", "!flag", 'update" f="f', 'tag" tn="classe', 'update" tn="classe', "delete"]
    rows = [
        _mail(request, Kind.WRITE, f'<action op="{op}" id="{item}"/>',
              nothing='<action id="" op="delete"/>' if op == "delete" else "")
        for request, item in (
            ("MsgAction", "{m}"), ("ConvAction", "{conv}"), ("ItemAction", "{c}"), ("ItemAction", "{a}"),
            ("ItemAction", "{t}"), ("ItemAction", "{m}"), ("ContactAction", "{c}"),
        )
        for op in changes
        if not (request == "ConvAction" and op.startswith("update"))
    ]  # fmt: skip
    # Trash and junk are not shared with the folder.
    rows += [
        _mail("MsgAction", Kind.WRITE, f'<action op="{op}" id="{{m}}"/>', helper=False)
        for op in ("trash", "spam", 'move" l="2', 'update" l="2')
    ]
    return [
        *rows,
        _mail("MsgAction", Kind.WRITE, '<action op="move" id="{m}" l="{f2}"/>'),
        _mail("MsgAction", Kind.WRITE, '<action op="copy" id="{m}" l="{f2}"/>'),
        _mail("ContactAction", Kind.WRITE, '<action op="update" id="{c}"><a n="firstName">Zoé</a></action>'),
        _mail("ModifyContact", Kind.WRITE, '<cn id="{c}"><a n="firstName">Zoé</a></cn>'),
        _mail("CreateContact", Kind.WRITE, '<cn l="{cf}"><a n="firstName">Zoé</a></cn>'),
        _mail("ImportContacts", Kind.WRITE, "<content>First Name,Last Name&#10;Zoé,Payet&#10;</content>",
              'ct="csv" l="{cf}"'),
        _mail("ImportAppointments", Kind.WRITE, f"<content>{_ICS}</content>", 'ct="text/calendar" l="{af}"'),
        _mail("AddMsg", Kind.WRITE, f'<m l="{{f}}"><content>{_RAW}</content></m>'),
        _mail("SetCustomMetadata", Kind.WRITE, '<meta section="a:b"><a n="x">y</a></meta>', 'id="{m}"'),
        _mail("RemoveAttachments", Kind.WRITE, '<m id="{m}" part="2"/>'),
    ]  # fmt: skip


def _calendar() -> list[Row]:
    series = f'<comp name="Série">{lasting()}{WEEKLY}</comp>'
    rows = []
    for kind, item, invite, place in (("Appointment", "{a}", "{inv}", "{af}"), ("Task", "{t}", "{tinv}", "{tf}")):
        rows += [
            _mail(f"Get{kind}", Kind.READ, attrs=f'id="{item}"'),
            _mail(f"Create{kind}", Kind.WRITE, f'<m l="{place}">{_INV}</m>'),
            _mail(f"Modify{kind}", Kind.WRITE, f"<m>{_INV}</m>", f'id="{invite}" comp="0"'),
            _mail(f"Cancel{kind}", Kind.WRITE, attrs=f'id="{invite}" comp="0"'),
            _mail(f"Create{kind}Exception", Kind.WRITE,
                  f'<m><inv><comp name="x"><exceptId d="20260908T100000" tz="Europe/Paris"/>'
                  f'{lasting("20260908T140000", "20260908T143000")}</comp></inv></m>', f'id="{invite}" comp="0"'),
            _mail(f"Set{kind}", Kind.WRITE, f'<default><m><inv uid="posé" name="x">{lasting()}</inv></m></default>',
                  f'l="{place}"'),
        ]  # fmt: skip
    return [
        *rows,
        _mail("CompleteTaskInstance", Kind.WRITE, '<exceptId d="20260908T080000Z"/>', 'id="{t}"'),
        _mail("GetApptSummaries", Kind.READ, attrs=f'{SPAN} l="{{af}}"'),
        _mail("GetApptSummaries", Kind.LOOK, attrs=SPAN),
        _mail("GetTaskSummaries", Kind.READ, attrs=f'{SPAN} l="{{tf}}"'),
        _mail("GetTaskSummaries", Kind.LOOK, attrs=SPAN),
        _mail("GetCalendarItemSummaries", Kind.READ, attrs=f'{SPAN} l="{{af}}"'),
        _mail("GetCalendarItemSummaries", Kind.LOOK, attrs=SPAN),
        _mail("GetMiniCal", Kind.LOOK, '<folder id="{af}"/>', SPAN, nothing='<error id="'),
        _mail("GetRecur", Kind.READ, attrs='id="{a}"'),
        _mail("GetICal", Kind.READ, attrs='id="{inv}"'),
        _mail("GetICal", Kind.LOOK, attrs=SPAN),
        _mail("CheckRecurConflicts", Kind.LOOK, f'{series}<usr name="{{other}}"/>', SPAN),
        _mail("DismissCalendarItemAlarm", Kind.WRITE, f'<appt id="{{a}}" dismissedAt="{ms(2040, 1, 1)}"/>'),
        _mail("SnoozeCalendarItemAlarm", Kind.WRITE, f'<appt id="{{a}}" until="{ms(2040, 1, 1)}"/>'),
        _mail("SendInviteReply", Kind.WRITE, attrs='id="{i}" compNum="0" verb="ACCEPT"', helper=False),
        _mail("CounterAppointment", Kind.WRITE, f'<m><e a="{{other}}" t="t"/><su>x</su><inv><comp uid="u" name="x">'
              f'{lasting()}<or a="chef@x.fr"/></comp></inv></m>', 'id="{inv}" comp="0"'),
        _mail("ForwardAppointment", Kind.READ, f"<m>{_LETTER}</m>", 'id="{a}"'),
        _mail("ForwardAppointmentInvite", Kind.READ, f"<m>{_LETTER}</m>", 'id="{i}"'),
        _mail("AddAppointmentInvite", Kind.OWN,
              f'<m><inv><comp uid="invité" name="x">{lasting()}<or a="chef@x.fr"/></comp></inv></m>'),
        _mail("AddTaskInvite", Kind.OWN,
              f'<m><inv><comp uid="invité" name="x">{lasting()}<or a="chef@x.fr"/></comp></inv></m>'),
    ]  # fmt: skip


def _reading() -> list[Row]:
    return [
        _mail("GetMsg", Kind.READ, '<m id="{m}"/>'),
        _mail("GetMsg", Kind.READ, '<m id="{m}" read="1" html="1"/>'),
        _mail("GetMsg", Kind.READ, '<m id="{inv}"/>'),
        _mail("GetMsgMetadata", Kind.LOOK, '<m ids="{m}"/>'),
        _mail("GetConv", Kind.READ, '<c id="{conv}" fetch="all" read="1"/>'),
        _mail("SearchConv", Kind.LOOK, "<query>is:anywhere</query>", 'cid="{conv}" fetch="all"'),
        *(_mail("Search", Kind.LOOK, f"<query>{query}</query>", f'types="{types}" fetch="all" read="1"',
                nothing='more="0"/>' if "inid" in query else "")
          for types in ("message", "conversation", "contact", "appointment,task")
          for query in ("is:anywhere", "inid:{f}", "mirabelle", "is:remote OR is:local")),
        *(_mail("GetItem", Kind.READ, f'<item id="{{{one}}}"/>') for one in ("m", "c", "a", "t", "f")),
        _mail("GetItem", Kind.OWN, '<item path="/mirabelle"/>'),
        _mail("GetContacts", Kind.READ, '<cn id="{c}"/>'),
        _mail("GetContacts", Kind.LOOK),
        _mail("GetContacts", Kind.READ, attrs='l="{cf}"'),
        _mail("ExportContacts", Kind.READ, attrs='ct="csv" l="{cf}"'),
        _mail("ExportContacts", Kind.LOOK, attrs='ct="csv"'),
        _mail("GetCustomMetadata", Kind.READ, '<meta section="a:b"/>', 'id="{m}"'),
        _mail("GetFolder", Kind.READ, '<folder l="{f}"/>'),
        _mail("GetFolder", Kind.LOOK, attrs='visible="1"'),
        _mail("GetFolder", Kind.OWN, '<folder path="/mirabelle"/>'),
        _mail("GetEffectiveFolderPerms", Kind.READ, '<folder l="{f}"/>', nothing='<folder perm=""/>'),
        _mail("AutoComplete", Kind.LOOK, attrs='name="mirabel"'),
    ]  # fmt: skip


def _folders() -> list[Row]:
    ops = ("read", "empty", 'color" color="3', "check", "syncon", 'fb" excludeFreeBusy="1', 'rename" name="Autre',
           'url" url="', 'update" color="4', 'update" f="#', 'webOfflineSyncDays" numDays="3',
           "disableactivesync")  # fmt: skip
    return [
        *(_mail("FolderAction", Kind.WRITE, f'<action op="{op}" id="{{f}}"/>') for op in ops),
        *(_mail("FolderAction", Kind.WRITE, f'<action id="{{f}}" op="{op}"/>', helper=False)
          for op in ("trash", "delete", 'move" l="{cf}', 'update" l="{cf}')),
        _mail("FolderAction", Kind.WRITE, '<action op="grant" id="{f}"><grant gt="usr" d="{other}" perm="r"/></action>',
              helper=False),
        _mail("FolderAction", Kind.WRITE, '<action op="!grant" id="{f}" zid="{zid_other}"/>', helper=False),
        _mail("FolderAction", Kind.WRITE, '<action op="update" id="{f}"><acl/></action>', helper=False),
        _mail("FolderAction", Kind.WRITE, '<action op="retentionPolicy" id="{f}"><retentionPolicy><purge>'
              '<policy type="user" lifetime="30d"/></purge></retentionPolicy></action>', helper=False),
        _mail("CreateFolder", Kind.WRITE, '<folder name="Neuf" l="{f}"/>'),
        _mail("CreateFolder", Kind.OWN, '<folder name="Neuf" l="1"/>'),
        _mail("CreateSearchFolder", Kind.OWN, '<search name="Neuf" query="x" l="1"/>'),
        _mail("GetSearchFolder", Kind.OWN),
        _mail("ModifySearchFolder", Kind.OWN, '<search id="{search}" query="x" types="message"/>'),
        _mail("CreateMountpoint", Kind.OWN, '<link name="Lien" l="1" zid="{zid_other}" rid="2"/>'),
        _mail("EnableSharedReminder", Kind.OWN, '<link id="{link}" reminder="1"/>'),
        _mail("SendShareNotification", Kind.OWN, '<item id="{f}"/><e a="{other}"/>'),
        _mail("GetShareNotifications", Kind.OWN),
        _mail("CreateTag", Kind.OWN, '<tag name="neuf"/>'),
        _mail("GetTag", Kind.OWN),
        _mail("TagAction", Kind.OWN, '<action op="rename" id="{tag}" name="neuf"/>'),
        _mail("TagAction", Kind.OWN, '<action op="read" tn="mirabelle"/>'),
    ]  # fmt: skip


def _settings() -> list[Row]:
    rights = '<ace gt="usr" d="{other}" right="sendAs"/>'
    return [
        *(_mail(f"{verb}{way}FilterRules", Kind.OWN, _FILTER if verb == "Modify" else "")
          for verb in ("Get", "Modify") for way in ("", "Outgoing")),
        *(_mail(f"Apply{way}FilterRules", Kind.OWN,
                f'<filterRules><filterRule name="mirabelle{way}"/></filterRules><m ids="{{number_m}}"/>')
          for way in ("", "Outgoing")),
        _mail("Browse", Kind.OWN, attrs='browseBy="domains"'),
        _mail("Browse", Kind.OWN, attrs='browseBy="attachments"'),
        _mail("RankingAction", Kind.OWN, '<action op="reset"/>'),
        _mail("GetMailboxMetadata", Kind.OWN, '<meta section="zwc:prive"/>'),
        _mail("SetMailboxMetadata", Kind.OWN, '<meta section="zwc:neuf"><a n="x">y</a></meta>'),
        _mail("ModifyMailboxMetadata", Kind.OWN, '<meta section="zwc:prive"><a n="x">y</a></meta>'),
        _mail("GrantPermission", Kind.OWN, '<ace gt="usr" d="{other}" right="invite"/>'),
        _mail("RevokePermission", Kind.OWN, '<ace gt="usr" d="{other}" right="invite"/>'),
        _mail("GetPermission", Kind.OWN),
        _mail("SendMsg", Kind.OWN, f'<m><e t="f" a="{{owner}}"/>{_LETTER}</m>'),
        _mail("SaveDraft", Kind.OWN, f'<m id="{{draft}}">{_LETTER}</m>'),
        _mail("SaveDraft", Kind.OWN, f"<m>{_LETTER}</m>"),
        _mail("BounceMsg", Kind.READ, '<m id="{m}"><e t="t" a="{other}"/></m>'),
        _mail("SendDeliveryReport", Kind.WRITE, attrs='mid="{m}"'),
        _mail("DeclineCounterAppointment", Kind.OWN,
              f'<m><inv><comp uid="u" name="x">{lasting()}<or a="{{owner}}"/></comp></inv><e t="t" a="{{other}}"/>'
              "<su>Non</su></m>"),
        _account("GetInfo"),
        _account("GetPrefs"),
        _account("ModifyPrefs", '<pref name="zimbraPrefLocale">en</pref>'),
        _account("GrantRights", rights),
        _account("RevokeRights", rights),
        _account("GetRights"),
        _account("CreateAppSpecificPassword", attrs='appName="neuf"'),
        _account("GetAppSpecificPasswords"),
        _account("RevokeAppSpecificPassword", attrs='appName="mirabelle"'),
        _account("GetAccountDistributionLists", attrs='memberOf="all" ownerOf="1"'),
        _account("CreateIdentity", '<identity name="neuf"><a name="zimbraPrefFromDisplay">x</a></identity>'),
        _account("ModifyIdentity", '<identity id="{identity}"><a name="zimbraPrefFromDisplay">x</a></identity>'),
        _account("DeleteIdentity", '<identity id="{identity}"/>'),
        _account("GetIdentities"),
        _account("GetWhiteBlackList"),
        _account("ModifyWhiteBlackList", '<whiteList><addr op="+">neuf@x.fr</addr></whiteList>'),
        _account("GetShareInfo"),
        _account("CreateSignature", '<signature name="neuf"><content type="text/plain">x</content></signature>'),
        _account("ModifySignature", '<signature id="{signature}"><content type="text/plain">x</content></signature>'),
        _account("DeleteSignature", '<signature id="{signature}"/>'),
        _account("GetSignatures"),
    ]  # fmt: skip


ROWS = [*_reading(), *_items(), *_calendar(), *_folders(), *_settings()]
