"""Settings, all from the environment. `docs/settings.md` lists every variable; a test keeps that list complete."""

from __future__ import annotations

import secrets
from pathlib import Path

from csp.constants import NONCE, NONE, SELF

from migration_portal import env

BASE_DIR = Path(__file__).resolve().parent.parent

# Where the running portal keeps its own files: database, deposited originals, sockets.
VAR_DIR = Path(env.text("PORTAL_VAR_DIR", str(BASE_DIR / "var")))

DEBUG = env.boolean("PORTAL_DEBUG", False)
# Without a key the process makes one for itself: commands work, sessions end with it, `check --deploy` refuses.
SECRET_KEY = env.text("PORTAL_SECRET_KEY") or "ephemeral-" + secrets.token_urlsafe(48)
# Keys that seal deposited files, newest first; older ones only open what they sealed.
SEAL_KEYS = env.words("PORTAL_SEAL_KEYS")
ALLOWED_HOSTS = env.words("PORTAL_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
# Absolute links in mails.
BASE_URL = env.text("PORTAL_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = [BASE_URL]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "widget_tweaks",
    "dsfr",
    "django_htmx",
    "csp",
    "accounts",
    "boxes",
    "quarantine",
    "bascule",
    "migration_portal",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "migration_portal.middleware.PrivatePagesMiddleware",
    "migration_portal.middleware.SignInFirstMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "migration_portal.middleware.NoBlankPageMiddleware",
]

ROOT_URLCONF = "migration_portal.urls"
WSGI_APPLICATION = "migration_portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "migration_portal.context_processors.portal",
            ],
        },
    }
]

DATABASES = {"default": env.database("DATABASE_URL", f"sqlite:///{VAR_DIR / 'portal.sqlite3'}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Broker, results, counters. `redis+socket:///path` for a unix socket.
REDIS_URL = env.text("REDIS_URL", f"redis+socket://{VAR_DIR / 'valkey.sock'}?virtual_host=0")
# The counters of the sending limits may have a server of their own.
LIMITS_REDIS_URL = env.text("PORTAL_LIMITS_REDIS_URL", REDIS_URL)

AUTH_USER_MODEL = "accounts.Agent"
AUTHENTICATION_BACKENDS = ["accounts.sign_in.LocalBackend"]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign_in"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Failed sign-ins allowed for one address (and, times ten, for one network address) within the window below.
SIGN_IN_MAX_FAILURES = env.integer("PORTAL_SIGN_IN_MAX_FAILURES", 5, minimum=1)
SIGN_IN_WINDOW_SECONDS = env.integer("PORTAL_SIGN_IN_WINDOW_SECONDS", 15 * 60, minimum=1)

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français")]
TIME_ZONE = "Indian/Reunion"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "migration_portal.staticfiles.UsedFilesFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = False

# The design system renders what it is given unescaped unless told otherwise, and its integrity attributes do not
# survive hashed file names.
DSFR_CONTENT_IS_SAFE = False
DSFR_USE_INTEGRITY_CHECKSUMS = False
DSFR_MARK_OPTIONAL_FIELDS = True
# The brand block of the State is for authorised services only; others put their own name here.
BRAND_IS_STATE = env.boolean("PORTAL_BRAND_IS_STATE", True)
BRAND_NAME = env.text("PORTAL_BRAND_NAME", "Académie de La Réunion")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

HTTPS = BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 12 * 3600
MESSAGE_STORAGE = "accounts.message_storage.MessageStorage"
SECURE_SSL_REDIRECT = env.boolean("PORTAL_SSL_REDIRECT", HTTPS)
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Behind a reverse proxy that sets X-Forwarded-Proto, and adds the caller to X-Forwarded-For, itself.
BEHIND_PROXY = env.boolean("PORTAL_BEHIND_PROXY", False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

EMAIL_BACKEND = env.text("PORTAL_EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
EMAIL_FILE_PATH = VAR_DIR / "mails"
EMAIL_HOST = env.text("PORTAL_SMTP_HOST", "127.0.0.1")
EMAIL_PORT = env.integer("PORTAL_SMTP_PORT", 25, minimum=1, maximum=65535)
EMAIL_HOST_USER = env.text("PORTAL_SMTP_USER")
EMAIL_HOST_PASSWORD = env.text("PORTAL_SMTP_PASSWORD")
EMAIL_USE_TLS = env.boolean("PORTAL_SMTP_STARTTLS", False)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.text("PORTAL_FROM_ADDRESS", "portail-bascule@ac-reunion.fr")

# The part of WARN of the sending limits that the portal's own mails may use.
MAIL_SHARE_PERCENT = env.integer("PORTAL_MAIL_SHARE_PERCENT", 80, minimum=1, maximum=100)
# Entries of the journal are erased after so many days; the CNIL asks for six months to a year.
JOURNAL_DAYS = env.integer("PORTAL_JOURNAL_DAYS", 365, minimum=180, maximum=3650)

# The national service. The administration account signs in on behalf of the person whose items are carried over.
ZIMBRA_URL = env.text("ZIMBRA_URL", "http://127.0.0.1:8070")
ZIMBRA_ADMIN_URL = env.text("ZIMBRA_ADMIN_URL", ZIMBRA_URL)
ZIMBRA_ADMIN_ADDRESS = env.text("ZIMBRA_ADMIN_ADDRESS")
ZIMBRA_ADMIN_PASSWORD = env.text("ZIMBRA_ADMIN_PASSWORD")
ZIMBRA_CA_FILE = env.text("ZIMBRA_CA_FILE")
ZIMBRA_PLAIN_HTTP = env.boolean("ZIMBRA_PLAIN_HTTP", False)
# Shown to people: the webmail, the academy's portal and its help desk.
WEBMAIL_URL = env.text("PORTAL_WEBMAIL_URL", "https://messagerie.education.gouv.fr/")
OLD_WEBMAIL_NAME = env.text("PORTAL_OLD_WEBMAIL_NAME", "Convergence")
ACADEMY_PORTAL_NAME = env.text("PORTAL_ACADEMY_PORTAL_NAME", "Métice")
HELP_DESK = env.text("PORTAL_HELP_DESK", "assistance@ac-reunion.fr")
MAIL_DOMAIN = env.text("PORTAL_MAIL_DOMAIN", "ac-reunion.fr")

# File with the academy's signature, filled for each person (see docs/settings.md); the portal's own without one.
SIGNATURE_TEMPLATE = env.text("PORTAL_SIGNATURE_TEMPLATE")

# Pages of the help that staff write: they replace the shipped ones of the same name, or are added to them.
HELP_DIR = Path(env.text("PORTAL_HELP_DIR", str(VAR_DIR / "help")))

# What mail programs of people are set to, before and after the move: shown, and tried by the connection test alone.
CLIENT_IMAP_HOST = env.text("PORTAL_CLIENT_IMAP_HOST", "imap.education.gouv.fr")
CLIENT_IMAP_PORT = env.integer("PORTAL_CLIENT_IMAP_PORT", 993, minimum=1, maximum=65535)
CLIENT_SMTP_HOST = env.text("PORTAL_CLIENT_SMTP_HOST", "smtp.education.gouv.fr")
CLIENT_SMTP_PORT = env.integer("PORTAL_CLIENT_SMTP_PORT", 465, minimum=1, maximum=65535)
# ActiveSync, CalDAV and CardDAV; with `:port` when it is another than 443.
CLIENT_SYNC_HOST = env.text("PORTAL_CLIENT_SYNC_HOST", "messagerie.education.gouv.fr")
# Domains whose programs may ask for their settings, and the name these give the account (docs/device-files.md).
CLIENT_DOMAINS = [name.lower() for name in env.words("PORTAL_CLIENT_DOMAINS", MAIL_DOMAIN)]
CLIENT_SERVICE_NAME = env.text("PORTAL_CLIENT_SERVICE_NAME", "Messagerie nationale")
# What signs profiles for Apple devices: PEM files of the certificate, its key, and the authorities in between.
PROFILE_CERTIFICATE = env.text("PORTAL_PROFILE_CERTIFICATE")
PROFILE_KEY = env.text("PORTAL_PROFILE_KEY")
PROFILE_CHAIN = env.text("PORTAL_PROFILE_CHAIN")
# The connection test (docs/connection-test.md): whether there is one, authorities besides the system's, and how long
# each of its steps waits for an answer.
CONNECTION_TEST = env.boolean("PORTAL_CONNECTION_TEST", True)
CLIENT_CA_FILE = env.text("PORTAL_CLIENT_CA_FILE")
CLIENT_TEST_SECONDS = env.integer("PORTAL_CLIENT_TEST_SECONDS", 10, minimum=1, maximum=60)
OLD_IMAP_HOST = env.text("PORTAL_OLD_IMAP_HOST", "imaps.ac-reunion.fr")
# « Ma messagerie est-elle complète ? » (docs/mailbox-check.md): how the portal reads folders of both services.
# Security: tls, starttls or none (a server on this machine); login: address, local or identifier; the master account
# opens mailboxes without their passwords, in the form authzid, or as a name such as {login}*{master}.
OLD_IMAP_PORT = env.integer("PORTAL_OLD_IMAP_PORT", 993, minimum=1, maximum=65535)
OLD_IMAP_SECURITY = env.text("PORTAL_OLD_IMAP_SECURITY", "tls")
OLD_IMAP_CA_FILE = env.text("PORTAL_OLD_IMAP_CA_FILE")
OLD_IMAP_LOGIN = env.text("PORTAL_OLD_IMAP_LOGIN", "address")
OLD_IMAP_MASTER = env.text("PORTAL_OLD_IMAP_MASTER")
OLD_IMAP_MASTER_PASSWORD = env.text("PORTAL_OLD_IMAP_MASTER_PASSWORD")
OLD_IMAP_MASTER_FORM = env.text("PORTAL_OLD_IMAP_MASTER_FORM", "authzid")
OLD_IMAP_PARALLEL = env.integer("PORTAL_OLD_IMAP_PARALLEL", 4, minimum=1, maximum=64)
NEW_IMAP_HOST = env.text("PORTAL_NEW_IMAP_HOST", CLIENT_IMAP_HOST)
NEW_IMAP_PORT = env.integer("PORTAL_NEW_IMAP_PORT", CLIENT_IMAP_PORT, minimum=1, maximum=65535)
NEW_IMAP_SECURITY = env.text("PORTAL_NEW_IMAP_SECURITY", "tls")
NEW_IMAP_CA_FILE = env.text("PORTAL_NEW_IMAP_CA_FILE", CLIENT_CA_FILE)
NEW_IMAP_LOGIN = env.text("PORTAL_NEW_IMAP_LOGIN", "address")
NEW_IMAP_MASTER = env.text("PORTAL_NEW_IMAP_MASTER")
NEW_IMAP_MASTER_PASSWORD = env.text("PORTAL_NEW_IMAP_MASTER_PASSWORD")
NEW_IMAP_MASTER_FORM = env.text("PORTAL_NEW_IMAP_MASTER_FORM", "authzid")
NEW_IMAP_PARALLEL = env.integer("PORTAL_NEW_IMAP_PARALLEL", 4, minimum=1, maximum=64)
# false: the portal asks neither server.
MAILBOX_CHECK = env.boolean("PORTAL_MAILBOX_CHECK", True)
MAILBOX_CHECK_DAYS = env.integer("PORTAL_MAILBOX_CHECK_DAYS", 90, minimum=1)
MAILBOX_CHECK_SECONDS = env.integer("PORTAL_MAILBOX_CHECK_SECONDS", 60, minimum=1, maximum=600)
# The largest message that the new service takes (domain, section 2).
NEW_MESSAGE_MAX_BYTES = env.integer("PORTAL_NEW_MESSAGE_MAX_MB", 20, minimum=1) * 1_000_000

# Deposited files.
DEPOSIT_DIR = VAR_DIR / "deposits"
DEPOSIT_MAX_BYTES = env.integer("PORTAL_DEPOSIT_MAX_MB", 50, minimum=1) * 1_000_000
# A zip may unfold to this many times DEPOSIT_MAX_BYTES in all, and hold this many files.
DEPOSIT_ZIP_RATIO = env.integer("PORTAL_DEPOSIT_ZIP_RATIO", 4, minimum=1)
DEPOSIT_ZIP_MAX_FILES = env.integer("PORTAL_DEPOSIT_ZIP_MAX_FILES", 200, minimum=1)
# Originals are deleted this many days after the move of their owner.
DEPOSIT_RETENTION_DAYS = env.integer("PORTAL_DEPOSIT_RETENTION_DAYS", 90, minimum=1)
# Lists for the directory: the largest, how long they are kept after they were handed in, and which share of the people
# may be missing from a complete one before somebody has to say so.
DIRECTORY_DIR = VAR_DIR / "directory"
DIRECTORY_MAX_BYTES = env.integer("PORTAL_DIRECTORY_MAX_MB", 300, minimum=1) * 1_000_000
DIRECTORY_RETENTION_DAYS = env.integer("PORTAL_DIRECTORY_RETENTION_DAYS", 30, minimum=1)
DIRECTORY_MAX_GONE_PERCENT = env.integer("PORTAL_DIRECTORY_MAX_GONE_PERCENT", 10, minimum=0, maximum=100)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
# A preview of as many rules as a person may have, each with a folder to create, has two fields for each.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_500
FILE_UPLOAD_TEMP_DIR = None

# Sending: items of one batch request; pause between two tries when Zimbra does not answer (doubled each time).
IMPORT_BATCH_ITEMS = env.integer("PORTAL_IMPORT_BATCH_ITEMS", 200, minimum=1, maximum=1000)
IMPORT_RETRY_SECONDS = env.integer("PORTAL_IMPORT_RETRY_SECONDS", 5, minimum=1)
IMPORT_RETRY_MAX_SECONDS = env.integer("PORTAL_IMPORT_RETRY_MAX_SECONDS", 300, minimum=1)

# A wave's imports: requests under way at a server of Zimbra, and requests a second, for all workers together. Staff
# may choose others while a wave is being imported.
ZIMBRA_PARALLEL = env.integer("PORTAL_ZIMBRA_PARALLEL", 4, minimum=1, maximum=64)
ZIMBRA_RATE = env.integer("PORTAL_ZIMBRA_RATE", 50, minimum=1, maximum=10_000)

# What an agent's mailbox holds in Zimbra (domain, section 2): dry runs of a wave look for less.
MAILBOX_QUOTA_BYTES = env.integer("PORTAL_MAILBOX_QUOTA_GB", 20, minimum=1) << 30

# Mailboxes of functional boxes in Zimbra: how much each holds, and the folders it begins with.
BOX_QUOTA_BYTES = env.integer("PORTAL_BOX_QUOTA_GB", 40, minimum=1) << 30
BOX_FOLDERS = env.words("PORTAL_BOX_FOLDERS", "Archives")

# Held mail: how long, up to which size, and where it goes on to: lmtp://host:port of the national service for the
# academy's domains, smtp://host:port of a mail server that sends without asking the limits again for all others.
QUARANTINE_DIR = VAR_DIR / "quarantine"
QUARANTINE_DAYS = env.integer("PORTAL_QUARANTINE_DAYS", 14, minimum=1, maximum=365)
QUARANTINE_MAX_BYTES = env.integer("PORTAL_QUARANTINE_MAX_MB", 30, minimum=1, maximum=200) * 1_000_000
QUARANTINE_LOCAL_DOMAINS = [name.lower() for name in env.words("PORTAL_QUARANTINE_DOMAINS", MAIL_DOMAIN)]
QUARANTINE_DELIVERY = env.text("PORTAL_QUARANTINE_DELIVERY", "lmtp://127.0.0.1:8071")
QUARANTINE_RELAY = env.text("PORTAL_QUARANTINE_RELAY", "smtp://127.0.0.1:10026")
# Put on top of what is released, so that Zimbra does not file it with the junk after all; empty: nothing is added.
QUARANTINE_RELEASE_HEADER = env.text("PORTAL_QUARANTINE_RELEASE_HEADER", "X-Whitelist-Flag: YES")
# Which marks of the mail server are believed: rspamd, spamassassin, plain (a header and what it has to match).
QUARANTINE_VERDICTS = env.words("PORTAL_QUARANTINE_VERDICTS", "rspamd,spamassassin")
QUARANTINE_PLAIN_HEADER = env.text("PORTAL_QUARANTINE_PLAIN_HEADER", "X-Quarantine")
QUARANTINE_PLAIN_PATTERN = env.text("PORTAL_QUARANTINE_PLAIN_PATTERN", "yes")
# Name under which the mail server writes Authentication-Results; those of others are not read. Empty: none are.
QUARANTINE_AUTHSERV_ID = env.text("PORTAL_QUARANTINE_AUTHSERV_ID")
# What speaks for a message is believed above the first Received field that is not of our own servers, of which so many
# come before the intake; false: anywhere, for filters that write at the end (docs/postfix.md).
QUARANTINE_OWN_RECEIVED = env.integer("PORTAL_QUARANTINE_OWN_RECEIVED", 1, minimum=0, maximum=10)
QUARANTINE_MARKS_ON_TOP = env.boolean("PORTAL_QUARANTINE_MARKS_ON_TOP", True)
# What becomes of a message without any mark: deliver, hold or later.
QUARANTINE_NO_VERDICT = env.text("PORTAL_QUARANTINE_NO_VERDICT", "deliver")
# Where a person sends a message that looks dangerous, and the action by which Postfix hands over what is held.
ALERT_ADDRESS = env.text("PORTAL_ALERT_ADDRESS", f"alerte_mail@{MAIL_DOMAIN}")
LIMITS_HOLD_ACTION = env.text("PORTAL_LIMITS_HOLD_ACTION", "FILTER lmtp:[127.0.0.1]:10025")

CELERY_BROKER_URL = REDIS_URL
# A queue that takes the connection and says nothing must not hold up a page for ever. Longer than the second that a
# worker waits for a task.
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 3.0, "socket_connect_timeout": 3.0}
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("PORTAL_LOG_LEVEL", "INFO")},
    "loggers": {"django.server": {"level": "WARNING"}, "urllib3": {"level": "WARNING"}},
}
