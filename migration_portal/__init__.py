"""The site.

The Celery application is made with this package, so that every process which hands out work reaches the same queue.
`manage.py convert` works outside the site, hands out nothing, and is spared the time and memory.
"""

import sys

if sys.argv[1:2] != ["convert"]:
    from migration_portal.celery import app as celery_app  # noqa: F401
