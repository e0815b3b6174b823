"""The identity of a list, its signature, and the one below what is written with the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from bascule.lists.acting import (
    AFTER,
    BEFORE,
    CHANGED_SINCE,
    DETAIL,
    MADE,
    MAKING,
    SEEN,
    ListAct,
    taken_back,
)
from bascule.lists.elements import identity_differences, use_differences
from bascule.lists.finding import Found, same_text
from bascule.lists.rules import Difference
from bascule.replays.acts import Outcome
from bascule.replays.failures import CHANGED, Stopped
from bascule.replays.run import Run
from zimbra.client import ZimbraClient
from zimbra.types import Identity, SendRight, Signature

_ENABLED = "zimbraPrefMailSignatureEnabled"


@dataclass(frozen=True, slots=True)
class SignatureAct(ListAct):
    def do(self, run: Run) -> Outcome:
        setup = self.plan.setup
        _, found = self.look(run)
        there, client = found.signature, run.client
        if there is None:
            wanted = Signature(setup.address, setup.signature_html, setup.signature_text)
            with self.making(run, wanted.name):
                made = client.create_signature(wanted, longest=self.plan.signature_length)
            return self._made(run, made)
        memory = run.recall(self)
        if MADE not in memory and there.name == memory.get(MAKING):
            return self._made(run, there.id)
        if same_text(there, setup):
            return self._settled(run)
        if not self.codes((Difference("text", "", True),)):
            return self.present(run, kept=True)
        self.remember_before(run, asdict(there))
        wanted = replace(there, html=setup.signature_html, text=setup.signature_text)
        client.update_signature(there.id, wanted, longest=self.plan.signature_length)
        run.remember(self, **{AFTER: _signature_with(client, there.id)})
        return Outcome.DONE

    def _made(self, run: Run, signature_id: str) -> Outcome:
        client = run.client
        # The server puts the first signature of an account below everything it writes (createSignature of its
        # directory); this one is for the list alone.
        own = client.default_identity()
        if own.signature_id == signature_id:
            client.use_signature("", identity_id=own.id)
        run.remember(self, **{SEEN: _signature_with(client, signature_id), MADE: signature_id})
        return Outcome.DONE

    def _settled(self, run: Run) -> Outcome:
        memory = run.recall(self)
        if BEFORE in memory and AFTER not in memory:
            run.remember(self, **{AFTER: _signature_with(run.client, memory[BEFORE]["id"])})
        return self.present(run)

    def undo(self, run: Run) -> Outcome:
        memory, client = run.recall(self), run.client
        if memory.get(MAKING) and MADE not in memory:
            # Made perhaps, and never seen: it is ours when it says what we wrote.
            mine = [one for one in client.signatures() if one.name == memory[MAKING]]
            if mine and not same_text(mine[0], self.plan.setup):
                return self.left(run)
            memory |= {MADE: mine[0].id, SEEN: asdict(mine[0])} if mine else {MADE: ""}
        signature_id = memory.get(MADE) or memory.get(BEFORE, {}).get("id", "")
        now = _signature_with(client, signature_id)
        if now is None:
            return Outcome.UNDONE
        used = {used for one in client.identities() for used in (one.signature_id, one.answer_signature_id)}
        if MADE in memory and signature_id in used:
            return self.left(run, "Une identité s’en sert : elle est gardée.")
        done = taken_back(
            memory,
            now,
            remove=lambda: client.delete_signature(signature_id),
            put_back=lambda before: client.update_signature(signature_id, Signature(**before), longest=0),
        )
        return Outcome.UNDONE if done else self.left(run)


@dataclass(frozen=True, slots=True)
class IdentityAct(ListAct):
    def do(self, run: Run) -> Outcome:
        _, found = self.look(run)
        there, client = found.identity, run.client
        if found.folder is None:
            raise Stopped(CHANGED, "Le dossier de la liste a disparu.")
        if there is None:
            with self.making(run, self.plan.setup.address):
                made = client.create_identity(self._wanted(found))
            run.remember(self, **{SEEN: _identity_with(client, made.id), MADE: made.id})
            return Outcome.DONE
        memory = run.recall(self)
        if MADE not in memory and there.name == memory.get(MAKING):
            run.remember(self, **{SEEN: _identity_with(client, there.id), MADE: there.id})
            return Outcome.DONE
        differences = identity_differences(self.plan.setup, there, found.folder)
        codes = self.codes(differences)
        if not codes:
            if BEFORE in memory and AFTER not in memory:
                run.remember(self, **{AFTER: _identity_with(client, there.id)})
            return self.present(run, kept=bool(differences))
        self.remember_before(run, _kept(there))
        client.update_identity(there.id, self._mended(there, found, codes))
        run.remember(self, **{AFTER: _identity_with(client, there.id)})
        return Outcome.DONE

    def undo(self, run: Run) -> Outcome:
        memory, client = run.recall(self), run.client
        if memory.get(MAKING) and MADE not in memory:
            mine = [one for one in client.identities() if one.name == memory[MAKING]]
            memory |= {MADE: mine[0].id, SEEN: _kept(mine[0])} if mine else {MADE: ""}
        identity_id = memory.get(MADE) or memory.get(BEFORE, {}).get("id", "")
        now = _identity_with(client, identity_id)
        if now is None:
            return Outcome.UNDONE
        done = taken_back(
            memory,
            now,
            remove=lambda: client.delete_identity(identity_id),
            put_back=lambda before: client.update_identity(identity_id, _identity(before)),
        )
        return Outcome.UNDONE if done else self.left(run)

    def _wanted(self, found: Found) -> Identity:
        setup, folder = self.plan.setup, found.folder
        below = [found.subfolders[name].id for name in setup.subfolders if name in found.subfolders]
        return Identity(
            name=setup.address,
            from_name=setup.sender_name,
            from_address=setup.address,
            from_right=SendRight.SEND_ON_BEHALF if self.plan.on_behalf else SendRight.SEND_AS,
            folder_ids=(folder.id, *below) if folder else (),
            sent_to=(setup.address,),
        )

    def _mended(self, there: Identity, found: Found, codes: set[str]) -> Identity:
        wanted = self._wanted(found)
        changes: dict[str, Any] = {}
        if "from_address" in codes:
            changes["from_address"] = wanted.from_address
        if "from_name" in codes:
            changes["from_name"] = wanted.from_name
        if "folders" in codes:
            changes |= {"folder_ids": _joined(there.folder_ids, wanted.folder_ids), "by_folder": True}
        if "sent_to" in codes:
            changes |= {"sent_to": _joined(there.sent_to, wanted.sent_to), "by_recipient": True}
        return replace(there, **changes)


@dataclass(frozen=True, slots=True)
class SignatureUseAct(ListAct):
    @property
    def label(self) -> str:
        return f"Mettre {self.what}"

    def do(self, run: Run) -> Outcome:
        picture, found = self.look(run)
        identity, signature, client = found.identity, found.signature, run.client
        if identity is None or signature is None:
            raise Stopped(CHANGED, "L’identité ou la signature de la liste a disparu.")
        names = {one.id: one.name for one in picture.signatures}
        differences = use_differences(identity, signature.id, names)
        codes = self.codes(differences)
        enabled = client.preferences(_ENABLED).get(_ENABLED, ())
        if not codes and (differences or enabled == ("TRUE",)):
            return self.present(run, kept=bool(differences))
        self.remember_before(
            run,
            {
                "identity": identity.id,
                "new": identity.signature_id,
                "answers": identity.answer_signature_id,
                "enabled": list(enabled),
                "others": _others(picture.identities, identity.id),
            },
        )
        run.remember(self, **{AFTER: dict.fromkeys(codes, signature.id)})
        client.use_signature(
            signature.id if "new" in codes else None,
            signature.id if "answers" in codes else None,
            identity_id=identity.id,
        )
        if not codes:
            client.set_preferences({_ENABLED: True})
        return Outcome.DONE

    def undo(self, run: Run) -> Outcome:
        memory, client = run.recall(self), run.client
        if BEFORE not in memory:
            return Outcome.UNDONE
        before, after = memory[BEFORE], memory.get(AFTER, {})
        identities = client.identities()
        there = next((one for one in identities if one.id == before["identity"]), None)
        back: dict[str, str] = {}
        if there is not None:
            now = {"new": there.signature_id, "answers": there.answer_signature_id}
            back = {code: before[code] for code, ours in after.items() if now[code] == ours}
            if back:
                client.use_signature(back.get("new"), back.get("answers"), identity_id=there.id)
            if any(now[code] not in {ours, before[code]} for code, ours in after.items()):
                run.remember(self, **{DETAIL: CHANGED_SINCE})
        # Switched off again, unless the person has put a signature below something else since.
        if before["enabled"] != ["TRUE"] and _others(identities, before["identity"]) == before["others"]:
            client.set_preferences({_ENABLED: before["enabled"][0] if before["enabled"] else None})
        return Outcome.LEFT if DETAIL in run.recall(self) and there is not None else Outcome.UNDONE


def _others(identities: Iterable[Identity], but: str) -> list[list[str]]:
    """Which signatures the other identities use."""
    return sorted([one.id, one.signature_id, one.answer_signature_id] for one in identities if one.id != but)


def _joined(there: tuple[str, ...], wanted: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*there, *wanted)))


def _signature_with(client: ZimbraClient, signature_id: str) -> dict[str, Any] | None:
    return next((asdict(one) for one in client.signatures() if one.id == signature_id), None)


def _identity_with(client: ZimbraClient, identity_id: str) -> dict[str, Any] | None:
    return next((_kept(one) for one in client.identities() if one.id == identity_id), None)


def _kept(identity: Identity) -> dict[str, Any]:
    """All of it as JSON, further attributes too: they tell whether the person has changed anything since."""
    stored = asdict(replace(identity, attributes={}))
    stored |= {name: list(stored[name]) for name in ("folder_ids", "sent_to")}
    attributes = {name: value for name, value in identity.attributes.items() if value}
    return {**stored, "from_right": str(identity.from_right), "attributes": attributes}


def _identity(stored: dict[str, Any]) -> Identity:
    tuples = {name: tuple(stored[name]) for name in ("folder_ids", "sent_to")}
    return Identity(**{**stored, **tuples, "from_right": SendRight(stored["from_right"])})
