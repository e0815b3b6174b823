"""Settings of the test run: its own keys and folders, work done at once, nothing sent."""

import os
import tempfile
from pathlib import Path

_var = Path(tempfile.mkdtemp(prefix="portal-tests-"))
os.environ.update(
    PORTAL_SECRET_KEY="tests-only-" + "k" * 40,
    PORTAL_SEAL_KEYS="MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    PORTAL_VAR_DIR=str(_var),
)

from migration_portal.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
