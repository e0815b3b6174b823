"""Calendar files: reading whatever an old server or another program wrote, and writing what Zimbra takes.

`read` gives collections of items, `wrap` the text that sends some of them, `write` the files for an import by hand,
`occurrences` the first instants of a text. `repairs` lists the known faults.
"""

from bascule.conversions.calendars.occurrences import occurrences
from bascule.conversions.calendars.past_alarms import CODE as PAST_ALARM
from bascule.conversions.calendars.past_alarms import drop_past_alarms
from bascule.conversions.calendars.reader import read
from bascule.conversions.calendars.writer import wrap, write

__all__ = ["PAST_ALARM", "drop_past_alarms", "occurrences", "read", "wrap", "write"]
