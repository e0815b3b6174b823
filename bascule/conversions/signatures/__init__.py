"""Signatures: HTML of any program to what Zimbra may hold, with its pictures, its plain-text twin and its length.

`read` takes a file or pasted text, `clean` HTML from an editor. `keep` embeds or drops pictures, `shrink` makes one
small enough; `fit` makes the whole short enough. `fill` makes a signature from the academy's template.
"""

from bascule.conversions.signatures.cleaning import clean, text_to_html
from bascule.conversions.signatures.images import keep, shrink
from bascule.conversions.signatures.length import LONGEST, fit, length
from bascule.conversions.signatures.model import (
    DROP,
    LEAVE,
    Choice,
    Cleaned,
    Embedded,
    Fitted,
    Image,
    ImageKind,
    SignatureReading,
)
from bascule.conversions.signatures.plain import plain_text
from bascule.conversions.signatures.reading import read
from bascule.conversions.signatures.template import Entry, Filled, TemplateFault, fill

__all__ = [
    "DROP",
    "LEAVE",
    "LONGEST",
    "Choice",
    "Cleaned",
    "Embedded",
    "Entry",
    "Filled",
    "Fitted",
    "Image",
    "ImageKind",
    "SignatureReading",
    "TemplateFault",
    "clean",
    "fill",
    "fit",
    "keep",
    "length",
    "plain_text",
    "read",
    "shrink",
    "text_to_html",
]
