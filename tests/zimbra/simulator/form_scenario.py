"""What `test_forms` asks, in order: some hundred and sixty requests of all families.

In a step, "{x}" stands for a value kept of an earlier answer; {own}, {me}, {other}, {other_id}, {picture} and
{domain} are there from the start. Whoever asks does so as himself, unless the request's
namespace is that of administrators.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.zimbra.simulator.wire import ADMIN, NAMESPACES, PASSWORD


@dataclass(frozen=True)
class Step:
    """`keeps`: names for values of the answer, by their paths. `faulty`: it is to be refused."""

    document: str
    keeps: tuple[tuple[str, str], ...] = ()
    faulty: bool = False

    @property
    def admin(self) -> bool:
        return NAMESPACES["admin"] in self.document.partition(">")[0]


def _of(family: str, name: str, inside: str, attrs: str, faulty: bool, keeps: dict[str, str]) -> Step:
    start = f'<{name}Request xmlns="{NAMESPACES[family]}"' + (f" {attrs}" if attrs else "")
    return Step(f"{start}>{inside}</{name}Request>", tuple(keeps.items()), faulty)


def _account(name: str, inside: str = "", attrs: str = "", *, faulty: bool = False, **keeps: str) -> Step:
    return _of("account", name, inside, attrs, faulty, keeps)


def _mail(name: str, inside: str = "", attrs: str = "", *, faulty: bool = False, **keeps: str) -> Step:
    return _of("mail", name, inside, attrs, faulty, keeps)


def _admin(name: str, inside: str = "", attrs: str = "", *, faulty: bool = False, **keeps: str) -> Step:
    return _of("admin", name, inside, attrs, faulty, keeps)


def _batch(*inside: Step, attrs: str = "") -> Step:
    documents = "".join(
        step.document.replace("Request ", f'Request requestId="{number}" ', 1) for number, step in enumerate(inside)
    )
    return Step(f'<BatchRequest xmlns="urn:zimbra" {attrs}>{documents}</BatchRequest>')


_PARIS = 'tz="Europe/Paris"'
_TIMES = f'<s d="20260901T100000" {_PARIS}/><e d="20260901T110000" {_PARIS}/>'
_LETTER = (
    'From: "Zoé É" &lt;zoe@ailleurs.example&gt;\nTo: {me}\nSubject: SUBJECT\n'
    "Message-ID: &lt;NUMBER@ailleurs.example&gt;\n"
    "Date: Tue, 1 Sep 2026 10:00:00 +0400\nContent-Type: text/plain; charset=utf-8\n\nBonjour, merci &amp; bravo.\n"
)


def _letter(subject: str, number: int, more: str = "") -> str:
    head, _, body = _LETTER.partition("Content-Type")
    return (head + more + "Content-Type" + body).replace("SUBJECT", subject).replace("NUMBER", f"m{number}")


TESTS = (
    '<addressBookTest header="from"/><addressTest header="from" part="domain" stringComparison="is" value="a.example"/>'
    "<attachmentTest/>",
    '<bodyTest value="réunion" caseSensitive="1"/><bulkTest/><contactRankingTest header="from"/>',
    '<conversationTest where="started"/><currentDayOfWeekTest value="0,6"/>'
    '<currentTimeTest dateComparison="after" time="0800"/><dateTest dateComparison="before" d="1735689600"/>',
    '<envelopeTest header="to" part="all" stringComparison="contains" value="x"/><flaggedTest flagName="flagged"/>'
    '<headerExistsTest header="X-Spam" negative="1"/>',
    '<headerTest header="subject,x-a" stringComparison="matches" value="*a &amp; &quot;b&quot;*" caseSensitive="1"/>'
    '<headerTest header="x-n" valueComparison="gt" valueComparisonComparator="i;ascii-numeric" value="3"/>'
    '<headerTest header="x-n" countComparison="ge" value="2"/>',
    '<importanceTest imp="high"/><inviteTest><method>REQUEST</method><method>CANCEL</method></inviteTest><listTest/>'
    '<meTest header="to,cc"/>',
    '<mimeHeaderTest header="Content-Type" stringComparison="contains" value="pdf"/>'
    '<sizeTest numberComparison="over" s="10K"/><trueTest/><facebookTest/><linkedinTest/><socialcastTest/>'
    "<twitterTest/><communityRequestsTest/><communityContentTest/><communityConnectionsTest/>",
)
ACTIONS = (
    "<actionKeep/>",
    '<actionFileInto folderPath="/Été" copy="1"/><actionStop/>',
    '<actionFlag flagName="read"/><actionTag tagName="vu"/>',
    '<actionRedirect a="ailleurs@ailleurs.example" copy="1"/>',
    "<actionReply><content>Bonjour,\nmerci</content></actionReply>",
    '<actionNotify a="moi@ailleurs.example" su="Reçu" maxBodySize="100"><content>Du courrier</content></actionNotify>',
    "<actionDiscard/>",
)


def _rules() -> str:
    written = []
    for number, (tests, actions) in enumerate(zip(TESTS, ACTIONS, strict=True)):
        numbered = tests
        for index in range(tests.count("Test ") + tests.count("Test/") + tests.count("Test>")):
            numbered = _indexed(numbered, index)
        condition = "anyof" if number % 2 else "allof"
        written.append(
            f'<filterRule name="règle {number}" active="{number % 2}"><filterTests condition="{condition}">{numbered}'
            f"</filterTests><filterActions>{_indexed(_indexed(actions, 0), 1)}</filterActions></filterRule>"
        )
    return "".join(written)


def _indexed(elements: str, index: int) -> str:
    """The first element of a rule without one given its place: JSON has no order among members of different names."""
    place = 0
    while (place := elements.find("<", place)) >= 0:
        name = elements[place + 1 :].split(">", 1)[0].split("/", 1)[0].split(" ", 1)[0]
        whole = elements[place : elements.find(">", place)]
        if (name.endswith("Test") or name.startswith("action")) and "index=" not in whole:
            return f'{elements[: place + 1 + len(name)]} index="{index}"{elements[place + 1 + len(name) :]}'
        place += 1
    return elements


def _comp(inside: str = "", attrs: str = 'name="Conseil"') -> str:
    return f'<m l="10"><inv><comp {attrs}>{_TIMES}{inside}</comp></inv><su>Conseil</su>' + (
        '<mp ct="text/plain"><content>Ordre du jour</content></mp></m>'
    )


_WEEKLY = (
    '<recur><add><rule freq="WEE"><interval ival="2"/><byday><wkday day="MO"/><wkday day="TU"/></byday>'
    '<count num="6"/></rule></add></recur>'
)
_ATTENDEE = '<at a="{other}" d="Autre" role="REQ" ptst="NE" rsvp="1"/><or a="{me}" d="Moi"/>'
_ALARM = '<alarm action="DISPLAY"><trigger><rel neg="1" m="15" related="START"/></trigger><desc>Bientôt</desc></alarm>'

SIGN_IN = (
    _account(
        "Auth",
        f'<account by="name">{{me}}</account><password>{PASSWORD}</password>'
        '<prefs><pref name="zimbraPrefLocale"/></prefs><attrs><attr name="zimbraMailQuota"/></attrs>',
        token="authToken",
    ),
    _account("Auth", '<account by="name">{me}</account><password>faux</password>', faulty=True),
    _admin("Auth", f"<name>{ADMIN[0]}</name><password>{ADMIN[1]}</password>", admin_token="authToken"),
)

SETTINGS = (
    _account("GetInfo"),
    _account("GetInfo", attrs='sections="mbox,prefs,attrs" rights="sendAs"'),
    _account("GetAccountInfo", '<account by="name">{me}</account>'),
    _account(
        "ModifyPrefs",
        '<pref name="zimbraPrefOutOfOfficeReply">Absente</pref>'
        '<pref name="zimbraPrefMailTrustedSenderList">a@a.example</pref>'
        '<pref name="zimbraPrefMailTrustedSenderList">b@a.example</pref>',
    ),
    _account("GetPrefs", '<pref name="zimbraPrefOutOfOfficeReply"/><pref name="zimbraPrefMailTrustedSenderList"/>'),
    _account(
        "CreateIdentity",
        '<identity name="Labo"><a name="zimbraPrefFromDisplay">Le labo</a>'
        '<a name="zimbraPrefWhenSentToAddresses">x@a.example</a><a name="zimbraPrefWhenSentToAddresses">y@a.example</a>'
        "</identity>",
        identity="identity.id",
    ),
    _account("CreateIdentity", '<identity name="labo"/>', faulty=True),
    _account("ModifyIdentity", '<identity id="{identity}"><a name="zimbraPrefFromDisplay">Labo 2</a></identity>'),
    _account("GetIdentities"),
    _account(
        "CreateSignature",
        '<signature name="Courte"><content type="text/plain">Zoé</content>'
        '<content type="text/html">&lt;b&gt;Zoé&lt;/b&gt;</content></signature>',
        signature="signature.id",
    ),
    _account("ModifySignature", '<signature id="{signature}"><content type="text/plain">Zoé É</content></signature>'),
    _account("GetSignatures"),
    _account("DeleteSignature", '<signature id="{signature}"/>'),
    _account("DeleteIdentity", '<identity name="Labo"/>'),
    _account("ModifyWhiteBlackList", "<whiteList><addr>a@a.example</addr><addr>b@a.example</addr></whiteList>"),
    _account("ModifyWhiteBlackList", '<blackList><addr op="+">c@a.example</addr></blackList>'),
    _account("GetWhiteBlackList"),
    _account("GrantRights", '<ace gt="usr" d="{other}" right="sendAs"/><ace gt="usr" d="{other}" right="invite"/>'),
    _account("GetRights", '<ace right="sendAs"/><ace right="invite"/>'),
    _account("CheckRights", '<target type="account" by="name" key="{other}"><right>sendAs</right></target>'),
    _account("DiscoverRights", "<right>sendAs</right><right>invite</right>"),
    _account("RevokeRights", '<ace gt="usr" d="{other}" right="sendAs"/>'),
    _account("SearchGal", attrs='name="{own}" type="account" limit="10"'),
    _account(
        "SearchGal",
        '<searchFilter><conds op="or"><cond attr="fullName" op="has" value="{own}"/>'
        '<cond attr="email" op="has" value="{own}"/></conds></searchFilter>',
        'name="{own}"',
    ),
    _account("AutoCompleteGal", attrs='name="{own}" limit="10"'),
    _account("GetAccountDistributionLists", attrs='ownerOf="1"'),
    _account("GetAvailableLocales"),
    _account("GetVersionInfo"),
    _account("GetInfo", attrs='sections="rien"', faulty=True),
)

SHARING = (
    _mail("GetFolder", '<folder l="1"/>'),
    _mail(
        "CreateFolder",
        '<folder name="Été" l="1" view="message" color="3"><acl>'
        '<grant perm="r" gt="usr" zid="{other_id}"/></acl></folder>',
        folder="folder.id",
    ),
    _mail("CreateFolder", '<folder name="Été" l="1"/>', faulty=True),
    _mail("CreateFolder", '<folder name="Été" l="1" fie="1"/>'),
    _mail("FolderAction", '<action op="grant" id="{folder}"><grant perm="rwid" gt="usr" d="{other}"/></action>'),
    _mail("FolderAction", '<action op="grant" id="{folder}"><grant perm="r" gt="pub"/></action>'),
    _mail("GetFolder", '<folder l="{folder}"/>', 'needGranteeName="1"'),
    _mail("GetEffectiveFolderPerms", '<folder l="{folder}"/>'),
    _mail("FolderAction", '<action op="color" id="{folder}" rgb="#aabbcc"/>'),
    _mail("FolderAction", '<action op="rename" id="{folder}" name="Été 2"/>'),
    _mail("FolderAction", '<action op="rename" id="2" name="Autre"/>', faulty=True),
    _mail("CreateMountpoint", '<link l="1" name="Chez l’autre" owner="{other}" path="Commun"/>', link="link.id"),
    _mail("GetFolder", '<folder l="{link}"/>'),
    _account("GetShareInfo", '<owner by="name">{other}</owner>'),
    _mail("SendShareNotification", '<item id="{folder}"/><e a="{other}"/><notes>Voilà</notes>'),
    _mail("CreateSearchFolder", '<search name="Non lus" query="is:unread" types="message" l="1"/>'),
    _mail("GetSearchFolder"),
    _mail("CreateTag", '<tag name="vu" color="4"/>', tag="tag.id"),
    _mail("TagAction", '<action op="rename" id="{tag}" name="revu"/>'),
    _mail("GetTag"),
    _mail("SetMailboxMetadata", '<meta section="zwc:a"><a n="x">1</a><a n="y">é &lt; è</a></meta>'),
    _mail("GetMailboxMetadata", '<meta section="zwc:a"/>'),
)

CONTACTS = (
    _mail(
        "CreateContact",
        '<cn l="7" tn="revu"><a n="firstName">Zoé</a><a n="lastName">É &amp; fils</a><a n="email">zoe@a.example</a>'
        '<a n="notes">ligne 1\nligne 2</a></cn>',
        contact="cn.id",
    ),
    _mail("ModifyContact", '<cn id="{contact}"><a n="company">ÉCOLE</a><a n="email"/></cn>'),
    _mail(
        "CreateContact",
        '<cn><a n="fileAs">8:Groupe</a><a n="nickname">Groupe</a><a n="type">group</a><m type="C" value="{contact}"/>'
        '<m type="I" value="libre@a.example"/></cn>',
        group="cn.id",
    ),
    _mail("CreateContact", '<cn><a n="lastName">Photo</a><a n="image" aid="{picture}"/></cn>', pictured="cn.id"),
    _mail("GetContacts", '<cn id="{pictured}"/>'),
    _mail("GetContacts", '<cn id="{group}"/>', 'derefGroupMember="1"'),
    _mail("GetContacts", '<cn id="{contact}"/><a n="company"/><a n="lastName"/>'),
    _mail("GetContacts"),
    _mail("ContactAction", '<action op="tag" id="{contact}" tn="revu"/>'),
    _mail("ContactAction", '<action op="move" id="{contact},{group}" l="13"/>'),
    _mail("GetContacts", '<cn id="999999"/>', faulty=True),
    _mail("ExportContacts", attrs='ct="csv"'),
    _mail("ImportContacts", '<content>"email","firstName"\n"n@a.example","Noé"\n</content>', 'ct="csv"'),
    _mail("AutoComplete", attrs='name="zo"'),
)

MAIL = (
    _mail("AddMsg", f'<m l="2" f="uf" d="1700000000000"><content>{_letter("Réunion", 1)}</content></m>', first="m.id"),
    _mail(
        "AddMsg",
        '<m l="2" noICal="1"><content>'
        + _letter("Re: Réunion", 2, "In-Reply-To: &lt;m1@ailleurs.example&gt;\n")
        + "</content></m>",
        conversation="m.cid",
    ),
    _mail("GetMsg", '<m id="{first}" html="1" read="1"><header n="Subject"/><header n="X-None"/></m>'),
    _mail("GetMsg", '<m id="{first}" raw="1"/>'),
    _mail("GetMsgMetadata", '<m ids="{first}"/>'),
    _mail("Search", "<query>in:inbox</query>", 'types="message" fetch="1" sortBy="dateDesc"'),
    _mail("Search", "<query>Zoé</query>", 'types="contact" limit="1"'),
    _mail("Search", "<query>in:inbox</query>", 'types="conversation" fetch="all" html="1" recip="2"'),
    _mail("Search", "<query>in:(</query>", 'types="message"', faulty=True),
    _mail("SearchConv", "<query>merci</query>", 'cid="{conversation}" nest="1" fetch="all"'),
    _mail("GetConv", '<c id="{conversation}" fetch="all"/>'),
    _mail("ConvAction", '<action op="tag" id="{conversation}" tn="revu"/>'),
    _mail("MsgAction", '<action op="flag" id="{first}"/>'),
    _mail("MsgAction", '<action op="move" id="{first}" l="{folder}"/>'),
    _mail("ItemAction", '<action op="!read" id="{first}"/>'),
    _mail("MsgAction", '<action op="move" id="{first}" l="99999"/>', faulty=True),
    _mail(
        "SaveDraft",
        '<m><e t="t" a="{other}" p="Autre"/><e t="c" a="x@a.example"/><su>Brouillon é</su>'
        '<mp ct="multipart/alternative"><mp ct="text/plain"><content>texte</content></mp>'
        '<mp ct="text/html"><content>&lt;p&gt;texte&lt;/p&gt;</content></mp></mp></m>',
        draft="m.id",
    ),
    _mail(
        "SendMsg",
        '<m><e t="t" a="{other}" p="Autre"/><su>Envoi</su><mp ct="text/plain"><content>voilà</content></mp></m>',
        sent="m.id",
    ),
    _mail("GetMsg", '<m id="{sent}"/>'),
    _mail("GetItem", '<item id="{sent}"/>'),
    _mail("GetCustomMetadata", '<meta section="zwc:b"/>', 'id="{first}"'),
)

FILTERS = (
    _mail("ModifyFilterRules", f"<filterRules>{_rules()}</filterRules>"),
    _mail("GetFilterRules"),
    _mail(
        "ModifyFilterRules",
        '<filterRules><filterRule name="deux étages" active="1"><filterVariables><filterVariable name="v" value="1"/>'
        '</filterVariables><filterTests condition="anyof"><headerTest index="0" header="subject"'
        ' stringComparison="contains" value="a"/></filterTests><nestedRule><filterTests condition="allof">'
        '<attachmentTest index="0"/></filterTests><filterActions><actionFlag index="0" flagName="flagged"/>'
        "</filterActions></nestedRule></filterRule></filterRules>",
    ),
    _mail("GetFilterRules"),
    _mail(
        "ApplyFilterRules",
        '<filterRules><filterRule name="deux étages"/></filterRules><query>in:inbox</query>',
    ),
    _mail(
        "ModifyOutgoingFilterRules",
        '<filterRules><filterRule name="sortie" active="1"><filterTests condition="anyof"><trueTest index="0"/>'
        '</filterTests><filterActions><actionKeep index="0"/></filterActions></filterRule></filterRules>',
    ),
    _mail("GetOutgoingFilterRules"),
    _mail(
        "ModifyFilterRules",
        '<filterRules><filterRule name="x" active="1"><filterTests condition="anyof"><sizeTest numberComparison="over"'
        ' s="1X"/></filterTests><filterActions><actionKeep/></filterActions></filterRule></filterRules>',
        faulty=True,
    ),
    _mail("ModifyFilterRules", "<filterRules/>"),
    _mail("GetFilterRules"),
)

CALENDAR = (
    _mail(
        "CreateAppointment",
        _comp(_ATTENDEE + _ALARM, 'name="Conseil" loc="Salle é" fb="B" transp="O" status="CONF" class="PUB"'),
        appointment="calItemId",
        invite="invId",
    ),
    _mail("GetAppointment", attrs='id="{appointment}" includeContent="1"'),
    _mail("CreateAppointment", _comp(_WEEKLY), series="calItemId", series_invite="invId"),
    _mail(
        "CreateAppointmentException",
        f'<m><inv><comp name="Déplacé"><exceptId d="20260914T100000" {_PARIS}/><s d="20260914T140000" {_PARIS}/>'
        f'<e d="20260914T150000" {_PARIS}/></comp></inv><su>Déplacé</su></m>',
        'id="{series_invite}" comp="0"',
    ),
    _mail("GetAppointment", attrs='id="{series}"'),
    _mail("GetRecur", attrs='id="{series}"'),
    _mail("GetMsg", '<m id="{series_invite}"/>'),
    _mail("ModifyAppointment", _comp("", 'name="Après" allDay="0"'), 'id="{invite}" comp="0"'),
    _mail("GetApptSummaries", attrs='s="1788000000000" e="1795000000000"'),
    _mail(
        "Search",
        "<query>in:calendar</query>",
        'types="appointment" calExpandInstStart="1788000000000" calExpandInstEnd="1795000000000"',
    ),
    _mail("GetFreeBusy", attrs='s="1788000000000" e="1788300000000" uid="{me},{other}"'),
    _mail("GetMiniCal", '<folder id="10"/>', 's="1788000000000" e="1795000000000"'),
    _mail("ExpandRecur", f"<comp>{_TIMES}{_WEEKLY}</comp>", 's="1788000000000" e="1795000000000"'),
    _mail("GetICal", attrs='id="{invite}"'),
    _mail(
        "CreateTask",
        '<m l="15"><inv><comp name="Corriger" percentComplete="50" status="INPR" priority="1"><s d="20260901"/>'
        '<e d="20260903"/></comp></inv><su>Corriger</su><mp ct="text/plain"><content>copies</content></mp></m>',
        task="calItemId",
    ),
    _mail("GetTask", attrs='id="{task}"'),
    _mail("GetTaskSummaries", attrs='s="1788000000000" e="1795000000000"'),
    _mail("CancelAppointment", "", 'id="{series_invite}" comp="0"'),
    _mail("GetAppointment", attrs='id="{series}"', faulty=False),
    _mail("CreateAppointment", "<m><inv/></m>", faulty=True),
    _mail(
        "ImportAppointments",
        "<content>BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//t//FR\nBEGIN:VEVENT\nUID:u-1\nDTSTAMP:20260101T000000Z\n"
        "DTSTART:20260905T060000Z\nDTEND:20260905T070000Z\nSUMMARY:Importé\nEND:VEVENT\nEND:VCALENDAR\n</content>",
        'ct="text/calendar" l="10"',
    ),
)

ADMINISTRATION = (
    _admin("CreateDomain", '<name>{domain}</name><a n="description">Un domaine</a>', domain_id="domain.id"),
    _admin("GetDomain", '<domain by="name">{domain}</domain>'),
    _admin("GetDomainInfo", '<domain by="name">{domain}</domain>'),
    _admin("ModifyDomain", '<id>{domain_id}</id><a n="description">Deux</a>'),
    _admin(
        "CreateAccount",
        f'<name>zoe@{{domain}}</name><password>{PASSWORD}</password><a n="displayName">Zoé É</a><a n="sn">É</a>'
        '<a n="zimbraPrefMailTrustedSenderList">a@a.example</a><a n="zimbraPrefMailTrustedSenderList">b@a.example</a>',
        account="account.id",
    ),
    _admin("CreateAccount", f"<name>zoe@{{domain}}</name><password>{PASSWORD}</password>", faulty=True),
    _admin(
        "GetAccount", '<account by="id">{account}</account>', 'attrs="displayName,sn,zimbraPrefMailTrustedSenderList"'
    ),
    _admin("GetAccountInfo", '<account by="id">{account}</account>'),
    _admin(
        "ModifyAccount",
        '<id>{account}</id><a n="displayName">Zoé</a><a n="zimbraIsDelegatedAdminAccount">TRUE</a>'
        '<a n="+zimbraMailForwardingAddress">x@a.example</a>',
    ),
    _admin("AddAccountAlias", "<id>{account}</id><alias>z@{domain}</alias>"),
    _admin("RenameAccount", "<id>{account}</id><newName>zoe2@{domain}</newName>"),
    _admin("GetMailbox", '<mbox id="{account}"/>'),
    _admin(
        "SearchDirectory",
        "<query>(&amp;(objectClass=zimbraAccount)(displayName=Zo*))</query>",
        'domain="{domain}" types="accounts,aliases" attrs="displayName" sortBy="name"',
    ),
    _admin("GetAllAccounts", '<domain by="name">{domain}</domain>'),
    _admin("CountAccount", '<domain by="name">{domain}</domain>'),
    _admin("CreateCos", '<name>classe-{own}</name><a n="zimbraMailQuota">1000</a>', cos="cos.id"),
    _admin("GetCos", '<cos by="id">{cos}</cos>'),
    _admin("ModifyCos", '<id>{cos}</id><a n="zimbraMailQuota">2000</a>'),
    _admin("CreateDistributionList", '<name>liste@{domain}</name><a n="displayName">La liste</a>', list="dl.id"),
    _admin("AddDistributionListMember", "<id>{list}</id><dlm>zoe2@{domain}</dlm><dlm>x@a.example</dlm>"),
    _admin("GetDistributionList", '<dl by="name">liste@{domain}</dl>'),
    _admin("GetAccountMembership", '<account by="id">{account}</account>'),
    _admin(
        "GrantRight",
        '<target type="domain" by="name">{domain}</target><grantee type="usr" by="id">{account}</grantee>'
        "<right>domainAdminRights</right>",
    ),
    _admin("GetGrants", '<target type="domain" by="name">{domain}</target>'),
    _admin(
        "CheckRight",
        '<target type="account" by="id">{account}</target><grantee by="id">{account}</grantee>'
        "<right>adminLoginAs</right>",
    ),
    _admin("DelegateAuth", '<account by="id">{account}</account>'),
    _admin("GetQuotaUsage", attrs='domain="{domain}"'),
    _admin("DeleteAccount", "<id>{account}</id>"),
    _admin("GetAccount", '<account by="id">{account}</account>', faulty=True),
    _admin("DeleteDistributionList", "<id>{list}</id>"),
    _admin("DeleteCos", "<id>{cos}</id>"),
    _admin("NoSuchThing", faulty=True),
)

BATCHES = (
    _batch(_mail("GetFolder", '<folder l="7"/>'), _mail("GetFolder", '<folder l="4444"/>'), _mail("GetFolder")),
    _batch(
        _mail("CreateTag", '<tag name="un"/>'),
        _mail("CreateTag", '<tag name="un"/>'),
        _mail("CreateTag", '<tag name="deux"/>'),
        attrs='onerror="stop"',
    ),
    _batch(_account("GetPrefs", '<pref name="zimbraPrefLocale"/>'), _mail("NoOp"), _mail("Rien")),
    _mail("NoOp"),
    _account("EndSession", attrs='logoff="1"'),
    _mail("GetFolder", faulty=True),
)

STEPS = SIGN_IN + SETTINGS + SHARING + CONTACTS + MAIL + FILTERS + CALENDAR + ADMINISTRATION + BATCHES
