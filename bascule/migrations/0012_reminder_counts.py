from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bascule", "0011_bulk_imports")]

    operations = [
        migrations.RemoveIndex(model_name="remindermail", name="reminder_mail_open"),
        migrations.AddField(model_name="reminderround", name="counts", field=models.JSONField(default=dict)),
        migrations.AddIndex(
            model_name="remindermail", index=models.Index(fields=["round", "state"], name="reminder_mail_round")
        ),
    ]
