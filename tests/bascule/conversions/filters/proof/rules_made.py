"""Rules as Convergence writes them, made up: the same ones for the same seed.

Only what a Zimbra can do just as well is in them; that flags differ from copy to copy, or that a copy is filed after
something else was, is not. The kinds of scripts differ in what happens to a message after a rule concerned it; in the
last one conditions stand inside others.
"""

from __future__ import annotations

import base64
import random
from dataclasses import dataclass

from tests.bascule.conversions.filters.proof.sieve_text import quoted

KINDS = ("stopping", "falling through", "copying", "nested")
_WORDS = (
    "réunion", "Inspection", "été", "facture", "DSI", "œuvre", "[lycée]", "Île-de-France", "dit « urgent »", "a\\b",
    'dit "oui"', "100 %", "Re: projet", "note de service", "CONVOCATION", "l'élève", "examen?", "*important*", "naïve",
)  # fmt: skip
_ADDRESSES = (
    "chef@academie.example", "Marie.Payet@academie.example", "dsi@listes.academie.example",
    "ne-pas-repondre@educ.example", "jo+notes@neutre-autre.example",
)  # fmt: skip
_DOMAINS = ("academie.example", "listes.academie.example", "educ.example")
_FOLDERS = (
    "Réunions", "Listes/DSI", "Élèves/Été 2025", "A classer", "l'an dernier", "&AMk-t&AOk-", "Projets/R & D", "100 %",
    "œuvres", "INBOX/Suivi",
)  # fmt: skip
_TEXT_HEADERS = ("Subject", "subject", "X-Spam-Level", "List-Id", "Comments")
_ADDRESS_HEADERS = ("From", "To", "Cc", "Sender", "Reply-To", "from")
_REFUSALS = ("Message refusé.", "Trop tard :\n.voir le site\n..fin\n\nMerci", 'Dit "non" \\ merci')


@dataclass(frozen=True)
class Made:
    """A rule: its value of the attribute, and what its comment says. order 0: switched off."""

    value: str
    name: str
    order: int | None


def values(seed: str, count: int, kind: str) -> list[Made]:
    """Rules in the order in which the directory hands them out, which is not the one they are run in."""
    rng = random.Random(seed)
    orders: list[int | None] = list(range(1, count + 1))
    for index in range(count):
        if rng.random() < 0.1:
            orders[index] = rng.choice((0, None))
    made = [_rule(rng, number, order, kind) for number, order in enumerate(orders, 1)]
    rng.shuffle(made)
    return made


def ldif(made: list[Made]) -> str:
    """An entry of the directory with these values, in base64 as soon as one has several lines."""
    lines = ["dn: uid=mpayet,ou=People,o=academie.example,o=isp", "uid: mpayet"]
    for rule in made:
        coded = base64.b64encode(rule.value.encode()).decode()
        line = f"mailSieveRuleSource:: {coded}"
        lines += [line[:76], *(" " + line[start : start + 75] for start in range(76, len(line), 75))]
    return "\n".join([*lines, ""])


def _rule(rng: random.Random, number: int, order: int | None, kind: str) -> Made:
    name = f"{rng.choice(('Règle', 'Tri', 'Liste'))} {number}"
    said = "" if order is None else f"$Order={order} "
    comment = rng.choice(
        (
            f'# Rule Info: {said}Template=file Name="{name}"',
            f"# Rule Info: {said}Template=file Name=({name})",
            f'#RULE: $Name="{name}" {said}$RuleType="INTERNAL_RULE" $Conditions="anyof"',
        )
    )
    if kind == "nested":
        body = _block(rng, 3)
    else:
        body = _chain(rng, kind) if rng.random() < 0.15 else f"if {_condition(rng)} {{ {_actions(rng, kind)} }}"
    needed = ["fileinto", "reject", "imap4flags", "body", "envelope", "copy"]
    required = ", ".join(quoted(one) for one in needed if one in body or (one == "imap4flags" and "addflag" in body))
    return Made(f"{comment}\n" + (f"require [{required}];\n" if required else "") + body + "\n", name, order)


def _block(rng: random.Random, depth: int) -> str:
    """Commands, of which some are conditions with commands in them."""
    commands = []
    for _ in range(rng.randint(1, 2)):
        if depth and rng.random() < 0.6:
            text = f"if {_condition(rng)} {{ {_block(rng, depth - 1)} }}"
            if rng.random() < 0.4:
                text += f" elsif {_test(rng)} {{ {_block(rng, depth - 1)} }}"
            if rng.random() < 0.4:
                text += f" else {{ {_block(rng, depth - 1)} }}"
            commands.append(text)
        else:
            commands.append(
                rng.choice(("keep;", "discard;", "stop;", *(f"fileinto {quoted(one)};" for one in _FOLDERS)))
            )
    return " ".join(commands) if depth < 3 else f"if {_test(rng)} {{ {' '.join(commands)} }}"


def _chain(rng: random.Random, kind: str) -> str:
    first, second = _condition(rng), _test(rng)
    if rng.random() < 0.5:
        text = f"if {first} {{ {_actions(rng, kind)} }}\nelsif {second} {{ {_actions(rng, kind)} }}"
        return text + (f"\nelse {{ {_tail(rng)} }}" if rng.random() < 0.3 else "")
    return f"if {first} {{ if {second} {{ {_actions(rng, kind)} }} }}"


def _tail(rng: random.Random) -> str:
    return rng.choice(("keep;", f"fileinto {quoted(rng.choice(_FOLDERS))}; stop;"))


def _condition(rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.3:
        return _test(rng)
    # What is denied stands beside what is not, or the rule would concern nearly all messages and hide those after it.
    joined = rng.choice(("anyof", "allof"))
    tests = [_test(rng) for _ in range(rng.randint(2, 3))]
    if kind > 0.85:
        inner = ", ".join(_test(rng) for _ in range(2))
        tests[0] = f"{rng.choice(('anyof', 'allof', 'not anyof') if joined == 'allof' else ('allof',))} ({inner})"
    elif joined == "allof" and rng.random() < 0.4:
        tests[-1] = f"not {tests[-1]}"
    rng.shuffle(tests)
    return f"{joined} ({', '.join(tests)})"


def _test(rng: random.Random) -> str:
    negated = "not " if rng.random() < 0.02 else ""
    kind = rng.random()
    if kind < 0.55:
        return negated + _header(rng)
    if kind < 0.75:
        return negated + _address(rng)
    if kind < 0.82:
        return f"{negated}size :over {rng.choice(('2K', '3000', '10K', '100k'))}"
    if kind < 0.88:
        return f"{negated}exists {_list(rng, ('X-Spam-Flag', 'List-Id', 'Cc', 'Reply-To'))}"
    if kind < 0.95:
        return f'{negated}body :contains "{rng.choice(("désinscrire", "Cordialement", "facture jointe"))}"'
    part, address = rng.choice((("from", _ADDRESSES[0]), ("to", _ADDRESSES[2]), ("from", _ADDRESSES[3])))
    return f'{negated}envelope :is "{part}" "{address}"'


def _header(rng: random.Random) -> str:
    how = rng.choice((":contains", ":contains", ":is", ":matches"))
    if rng.random() < 0.5:
        names, keys = _list(rng, _TEXT_HEADERS), _keys(rng, _WORDS, how)
    else:
        names, keys = _list(rng, _ADDRESS_HEADERS), _keys(rng, (*_ADDRESSES, "Payet", "Élodie"), how)
    before = rng.random() < 0.9
    return f"header {how} {names} {keys}" if before else f'header :comparator "i;octet" {how} {names} {keys}'


def _address(rng: random.Random) -> str:
    part = rng.choice((":all", ":domain", ":localpart", ""))
    how = rng.choice((":is", ":contains", ":matches"))
    known = _DOMAINS if part == ":domain" else tuple(one.partition("@")[0] for one in _ADDRESSES)
    keys = _keys(rng, _ADDRESSES if part in (":all", "") else known, how)
    return " ".join(filter(None, ("address", part, how, _list(rng, ("From", "To", "Cc")), keys)))


def _keys(rng: random.Random, known: tuple[str, ...], how: str) -> str:
    chosen = rng.sample(known, rng.choice((1, 1, 1, 2)))
    if how == ":matches":
        chosen = [_pattern(rng, one) for one in chosen]
    return quoted(chosen[0]) if len(chosen) == 1 else "[" + ", ".join(quoted(one) for one in chosen) + "]"


def _pattern(rng: random.Random, word: str) -> str:
    plain = word.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?")
    return rng.choice((f"*{plain}*", f"{plain}*", f"*{plain}", f"{plain}??", plain))


def _list(rng: random.Random, known: tuple[str, ...]) -> str:
    chosen = rng.sample(known, rng.choice((1, 1, 1, 2)))
    return quoted(chosen[0]) if len(chosen) == 1 else "[" + ", ".join(quoted(one) for one in chosen) + "]"


def _actions(rng: random.Random, kind: str) -> str:
    folder = quoted(rng.choice(_FOLDERS))
    if kind == "falling through":
        return rng.choice(
            (f"fileinto {folder};", f"fileinto {folder};", "keep;", "discard;", f"fileinto {folder}; stop;")
        )
    if kind == "copying" and rng.random() < 0.4:
        # Not a folder that another rule files into: sieve-test joins the two, and their keeping the message besides.
        return f'fileinto :copy "Copies {rng.randint(1, 9)}";'
    refusal = rng.choice(_REFUSALS)
    stuffed = "\n".join("." + line if line.startswith(".") else line for line in refusal.split("\n"))
    chosen = rng.choice(
        (
            f"fileinto {folder};",
            f"fileinto {folder};",
            "discard;",
            "keep;",
            f'addflag "\\\\Seen"; fileinto {folder};',
            f'addflag ["\\\\Flagged", "\\\\Seen"]; fileinto {folder};',
            'addflag "projet"; keep;',
            f"fileinto {folder}; keep;",
            f"reject text:\n{stuffed}\n.\n;" if kind == "stopping" else "discard;",
            f"reject {quoted(refusal)};" if kind == "stopping" else "keep;",
        )
    )
    return chosen + " stop;"
