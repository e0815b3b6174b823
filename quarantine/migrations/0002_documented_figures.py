"""The figures of the academy's documentation (domain, section 7), which staff may change."""

from django.db import migrations

THRESHOLDS = {
    "ip": {60: (500, 700), 600: (800, 1000), 3600: (3000, 6000), 36000: (6000, 8000)},
    "sender": {60: (500, 700), 600: (800, 1000), 3600: (2000, 4000), 36000: (5000, 8000)},
}


def write(apps, schema_editor):
    Threshold = apps.get_model("quarantine", "Threshold")
    for subject, windows in THRESHOLDS.items():
        for window, (warn, most) in windows.items():
            Threshold.objects.get_or_create(subject=subject, window=window, defaults={"warn": warn, "max": most})
    apps.get_model("quarantine", "SendingRules").objects.get_or_create(pk=1)
    apps.get_model("quarantine", "QuarantineRules").objects.get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("quarantine", "0001_held_mail_and_sending_limits")]
    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
