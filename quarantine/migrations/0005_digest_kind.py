from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("quarantine", "0004_reports_to_the_alert_address")]
    operations = [
        migrations.AddField(
            model_name="digest",
            name="kind",
            field=models.CharField(
                choices=[("timed", "À heure fixe"), ("at_once", "Avis immédiat"), ("asked", "À la demande")],
                default="timed",
                max_length=10,
            ),
        ),
    ]
