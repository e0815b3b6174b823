"""What the portal says of the boxes beside what Zimbra holds: compared by night and on request, reported, decided on.

comparing.py   plain values in, differences out
wanted.py      the rows as such values; reading.py: Zimbra as such values, tasks only
checking.py    one box compared and what was found written down: what a task does; asking for it
findings.py    what is open, for whom, and in which words
decisions.py   put Zimbra back, or have the portal say what Zimbra holds
"""

from boxes.reconcile.findings import open_count

__all__ = ["open_count"]
