"""Settings of the portal's own processes in these tests: those of the environment, and a queue nobody listens to.

The work is found in the rows alone; that is what is being tested.
"""

from migration_portal.settings import *  # noqa: F403

CELERY_BROKER_URL = "memory://"
