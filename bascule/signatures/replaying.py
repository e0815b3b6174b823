"""Carrying signatures into Zimbra: each text, then which identity uses what. See `planning` for the plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bascule.replays.acts import Act, Outcome, Procedure
from bascule.replays.failures import CHANGED, NAME_TAKEN, Stopped
from bascule.replays.run import Run
from bascule.signatures.contents import ANSWERS, NEW
from bascule.signatures.planning import HELD, act_key, key_of, same_meaning
from zimbra.client import ZimbraClient
from zimbra.errors import ZimbraError
from zimbra.types import Identity, Signature

# What acts remember. MAKING: the name about to be created, "" when that was refused; OWN: what the account's own
# identity used before. MADE: the id of what was created. BEFORE: what was there. AFTER: what an identity was given.
_MAKING, _OWN, _MADE, _BEFORE, _AFTER, _DETAIL = "making", "own", "made", "before", "after", "detail"
_ENABLED = "zimbraPrefMailSignatureEnabled"
_CHANGED_SINCE = "Modifié depuis dans Zimbra."
_STILL_USED = "Une identité s’en sert : elle est gardée."


@dataclass(frozen=True, slots=True)
class WriteSignature:
    """Create a signature, or overwrite the one of that id while it is as the person saw it. HELD: as Zimbra then has
    it, which is how a later sending knows it for ours."""

    number: int
    wanted: Signature
    overwritten: Signature | None
    longest: int

    @property
    def key(self) -> str:
        return act_key(self.number)

    @property
    def label(self) -> str:
        if self.overwritten is None:
            return f"Créer la signature « {self.wanted.name} »"
        if _says(self.overwritten, self.wanted):
            return f"Vérifier la signature « {self.wanted.name} »"
        return f"Remplacer la signature « {self.overwritten.name} »"

    def do(self, run: Run) -> Outcome:
        return self._create(run) if self.overwritten is None else self._overwrite(run, self.overwritten)

    def undo(self, run: Run) -> Outcome:
        memory, client = run.recall(self), run.client
        if _BEFORE in memory:
            return self._put_back(run, memory)
        made, held = memory.get(_MADE, ""), memory.get(HELD)
        if memory.get(_MAKING) and not made:
            # Made perhaps, and never seen: it is ours when it says what we wrote.
            found = _named(client, memory[_MAKING])
            if found is None:
                return Outcome.UNDONE
            if not _says(found, self.wanted):
                return _left(self, run)
            made, held = found.id, asdict(found)
        now = _signature(client, made)
        if now is None:
            return Outcome.UNDONE
        if asdict(now) != held:
            return _left(self, run)
        self._give_back(run, memory, made)
        if any(made in (one.signature_id, one.answer_signature_id) for one in client.identities()):
            return _left(self, run, _STILL_USED)
        client.delete_signature(made)
        return Outcome.UNDONE

    def _create(self, run: Run) -> Outcome:
        memory, client = run.recall(self), run.client
        found = _named(client, self.wanted.name)
        if found is not None and memory.get(_MAKING):
            if not _says(found, self.wanted):
                raise Stopped(NAME_TAKEN, f"Il s’agit de « {self.wanted.name} ».")
            return self._made(run, found.id)
        if found is not None:
            if not _says(found, self.wanted):
                raise Stopped(NAME_TAKEN, f"Il s’agit de « {self.wanted.name} ».")
            run.remember(self, **{HELD: asdict(found)})
            return Outcome.PRESENT
        own = client.default_identity()
        run.remember(self, **{_MAKING: self.wanted.name, _OWN: own.signature_id})
        try:
            made = client.create_signature(self.wanted, longest=self.longest)
        except ZimbraError as error:
            if not error.outcome_unknown:
                run.remember(self, **{_MAKING: ""})
            raise
        return self._made(run, made)

    def _made(self, run: Run, made: str) -> Outcome:
        now = _signature(run.client, made)
        run.remember(self, **{_MADE: made, HELD: asdict(now) if now else None})
        self._give_back(run, run.recall(self), made)
        return Outcome.DONE

    def _give_back(self, run: Run, memory: Mapping[str, Any], made: str) -> None:
        """The server puts the first signature of an account below what it writes (createSignature of its directory);
        who uses what is for other acts."""
        own = run.client.default_identity()
        if own.signature_id == made and memory.get(_OWN, made) != made:
            run.client.change_identity(own.id, {"zimbraPrefDefaultSignatureId": memory[_OWN]})

    def _overwrite(self, run: Run, seen: Signature) -> Outcome:
        client = run.client
        now = _signature(client, seen.id)
        if now is None:
            raise Stopped(CHANGED, f"La signature « {seen.name} » a disparu.")
        begun = _BEFORE in run.recall(self)
        if now.name == self.wanted.name and _says(now, self.wanted):
            run.remember(self, **{HELD: asdict(now)})
            return Outcome.DONE if begun else Outcome.PRESENT
        if now != seen:
            raise Stopped(CHANGED, f"Il s’agit de la signature « {seen.name} ».")
        run.remember(self, **{_BEFORE: asdict(now)})
        client.update_signature(seen.id, self.wanted, longest=self.longest)
        now = _signature(client, seen.id)
        run.remember(self, **{HELD: asdict(now) if now else None})
        return Outcome.DONE

    def _put_back(self, run: Run, memory: Mapping[str, Any]) -> Outcome:
        before = Signature(**memory[_BEFORE])
        now = _signature(run.client, before.id)
        if now is None:
            return _left(self, run)
        if now == before:
            return Outcome.UNDONE
        ours = asdict(now) == memory[HELD] if memory.get(HELD) else _says(now, self.wanted)
        if not ours:
            return _left(self, run)
        run.client.update_signature(before.id, before, longest=0)
        return Outcome.UNDONE


@dataclass(frozen=True, slots=True)
class UseSignatures:
    """Let an identity put signatures of the plan below new messages, below answers. uses: act keys by NEW, ANSWERS."""

    identity: str
    identity_label: str
    uses: Mapping[str, str]
    names: Mapping[str, str]

    @property
    def key(self) -> str:
        return f"use:{self.identity}"

    @property
    def label(self) -> str:
        new, answers = self.names.get(NEW), self.names.get(ANSWERS)
        if new == answers:
            said = f"« {new} » sous les nouveaux messages et les réponses"
        else:
            said = ", ".join(
                f"« {name} » sous les {what}"
                for name, what in ((new, "nouveaux messages"), (answers, "réponses"))
                if name
            )
        return f"{self.identity_label} : mettre {said}"

    def do(self, run: Run) -> Outcome:
        client = run.client
        identities = client.identities()
        there = next((one for one in identities if key_of(one) == self.identity), None)
        if there is None:
            raise Stopped(CHANGED, f"L’identité « {self.identity_label} » a disparu.")
        wanted = {when: _id_in_zimbra(run, key) for when, key in self.uses.items()}
        now = _used(there)
        enabled = list(client.preferences(_ENABLED).get(_ENABLED, ()))
        begun = _BEFORE in run.recall(self)
        if all(now[when] == one for when, one in wanted.items()) and enabled == ["TRUE"]:
            return Outcome.DONE if begun else Outcome.PRESENT
        if not begun:
            run.remember(
                self, **{_BEFORE: {**now, "enabled": enabled, "others": _others(identities, there.id)}, _AFTER: wanted}
            )
        client.use_signature(wanted.get(NEW), wanted.get(ANSWERS), identity_id=there.id)
        return Outcome.DONE

    def undo(self, run: Run) -> Outcome:
        memory, client = run.recall(self), run.client
        if _BEFORE not in memory:
            return Outcome.UNDONE
        before, after = memory[_BEFORE], memory[_AFTER]
        identities = client.identities()
        there = next((one for one in identities if key_of(one) == self.identity), None)
        if there is None:
            return Outcome.UNDONE
        now = _used(there)
        back = {when: before[when] for when, ours in after.items() if now[when] == ours != before[when]}
        if back:
            client.use_signature(back.get(NEW), back.get(ANSWERS), identity_id=there.id)
        changed = any(now[when] not in (ours, before[when]) for when, ours in after.items())
        # Switched off again, unless the person has put a signature below something else since.
        if before["enabled"] != ["TRUE"] and not changed and _others(identities, there.id) == before["others"]:
            client.set_preferences({_ENABLED: before["enabled"][0] if before["enabled"] else None})
        return _left(self, run) if changed else Outcome.UNDONE


def acts(plan: Mapping[str, Any]) -> Sequence[Act]:
    """The signatures, then their uses. Of a plan of `planning.propose`."""
    written: list[Act] = [
        WriteSignature(
            one["key"],
            Signature(one["name"], one["html"], one["text"]),
            Signature(**one["before"]) if one["before"] else None,
            plan["longest"],
        )
        for one in plan["signatures"]
    ]
    names = {one["key"]: one["name"] for one in plan["signatures"]}
    for use in plan["uses"]:
        keys = {when: use[when] for when in (NEW, ANSWERS) if use[when]}
        uses = {when: act_key(key) for when, key in keys.items()}
        called = {when: names[key] for when, key in keys.items()}
        written.append(UseSignatures(use["identity"], use["label"], uses, called))
    return written


def ready(run: Run) -> None:
    """Before anything is changed: what is to be overwritten, and who is to use it, is as the person saw it."""
    there = {one.id: one for one in run.client.signatures()}
    names = {one.name.casefold(): one for one in there.values()}
    for one in run.plan["signatures"]:
        if one["before"]:
            seen = Signature(**one["before"])
            if there.get(seen.id) != seen:
                raise Stopped(CHANGED, f"Il s’agit de la signature « {seen.name} ».")
        elif one["name"].casefold() in names:
            raise Stopped(CHANGED, f"Il s’agit de la signature « {one['name']} ».")
    known = {key_of(one) for one in run.client.identities()}
    for use in run.plan["uses"]:
        if use["identity"] not in known:
            raise Stopped(CHANGED, f"L’identité « {use['label']} » a disparu.")


def verify(run: Run) -> list[str]:
    """French sentences of what Zimbra shows otherwise than planned."""
    found = []
    there = {one.id: one for one in run.client.signatures()}
    for one in run.plan["signatures"]:
        now = there.get(_id_of(run, act_key(one["key"])))
        if now is None:
            found.append(f"La signature « {one['name']} » est introuvable dans Zimbra.")
        elif not same_meaning(now, one["html"], one["text"]):
            found.append(f"La signature « {one['name']} » n’est pas restée telle quelle dans Zimbra : vérifiez-la.")
    identities = {key_of(one): one for one in run.client.identities()}
    for use in run.plan["uses"]:
        identity = identities.get(use["identity"])
        if identity is None:
            found.append(f"L’identité « {use['label']} » est introuvable dans Zimbra.")
            continue
        now_used = _used(identity)
        for when, what in ((NEW, "nouveaux messages"), (ANSWERS, "réponses")):
            if use[when] and now_used[when] != _id_of(run, act_key(use[when])):
                found.append(f"{use['label']} : la signature des {what} n’est pas celle prévue.")
    return found


SIGNATURES = Procedure(
    acts=acts,
    verify=verify,
    ready=ready,
    done="Relu après l’envoi : vos signatures et leur utilisation sont conformes à ce que vous aviez confirmé.",
)


def _says(there: Signature, wanted: Signature) -> bool:
    return same_meaning(there, wanted.html, wanted.text)


def _left(act: Act, run: Run, why: str = _CHANGED_SINCE) -> Outcome:
    run.remember(act, **{_DETAIL: why})
    return Outcome.LEFT


def _id_of(run: Run, key: str) -> str:
    held = run.recall_key(key).get(HELD) or {}
    return str(held.get("id", ""))


def _id_in_zimbra(run: Run, key: str) -> str:
    found = _id_of(run, key)
    if not found:
        raise Stopped(CHANGED, "La signature à utiliser a disparu.")
    return found


def _signature(client: ZimbraClient, signature_id: str) -> Signature | None:
    return next((one for one in client.signatures() if one.id == signature_id), None)


def _named(client: ZimbraClient, name: str) -> Signature | None:
    return next((one for one in client.signatures() if one.name.casefold() == name.casefold()), None)


def _used(identity: Identity) -> dict[str, str]:
    return {NEW: identity.signature_id, ANSWERS: identity.answer_signature_id}


def _others(identities: Sequence[Identity], but: str) -> list[list[str]]:
    """Which signatures the other identities use."""
    return sorted([one.id, one.signature_id, one.answer_signature_id] for one in identities if one.id != but)
