"""Tags: labels of the person's own, put on items of any kind."""

from __future__ import annotations

from contextlib import suppress

from zimbra import soap
from zimbra.errors import NotFound, Taken
from zimbra.types import Tag
from zimbra.verbs.base import Ask, Verbs, needed, nothing
from zimbra.verbs.colours import colour_attributes


class TagVerbs(Verbs):
    def tags(self) -> list[Tag]:
        """All tags of the mailbox."""
        request = soap.request("GetTagRequest", soap.MAIL)
        return self.ask(
            Ask(request, lambda answer: [_tag(one) for one in soap.children(answer, "tag")], repeatable=True)
        )

    def create_tag(self, name: str, *, colour: int | str | None = None, existing_ok: bool = False) -> Tag:
        """colour: 0 to 127 or "#rrggbb". existing_ok: a tag of that name is given back as it is.

        Taken mail.ALREADY_EXISTS. Refused mail.INVALID_NAME: empty, or with `:` `"` or a control character.
        """
        tag = soap.attributes({"name": name, **colour_attributes(colour)})
        request = soap.request("CreateTagRequest", soap.MAIL, f"<tag{tag}/>")
        try:
            return self.ask(Ask(request, lambda answer: _tag(needed(answer, "tag"))))
        except Taken:
            if not existing_ok:
                raise
        for there in self.tags():
            if there.name.casefold() == name.casefold():
                return there
        raise NotFound("mail.NO_SUCH_TAG")

    def rename_tag(self, tag_id: str, name: str) -> None:
        """NotFound; Taken; Refused mail.INVALID_NAME."""
        self._act_on_tag("rename", tag_id, {"name": name})

    def colour_tag(self, tag_id: str, colour: int | str) -> None:
        """colour: a number from 0 to 127, or "#rrggbb". NotFound; Refused."""
        self._act_on_tag("color", tag_id, colour_attributes(colour))

    def delete_tag(self, tag_id: str) -> None:
        """Take the tag off every item and away; one that is gone already is no error."""
        with suppress(NotFound):
            self._act_on_tag("delete", tag_id, {})

    def _act_on_tag(self, op: str, tag_id: str, more: dict[str, object]) -> None:
        tag = soap.attributes({"op": op, "id": tag_id, **more})
        self.ask(Ask(soap.request("TagActionRequest", soap.MAIL, f"<action{tag}/>"), nothing, repeatable=True))


def _tag(element: soap.Element) -> Tag:
    return Tag(
        id=element.get("id") or "",
        name=element.get("name") or "",
        colour=soap.number(element.get("color")),
        rgb=element.get("rgb") or "",
        unread=soap.number(element.get("u")),
    )
