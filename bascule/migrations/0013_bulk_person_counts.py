from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("bascule", "0012_reminder_counts"),
    ]

    operations = [
        migrations.AddField(
            model_name="bulkperson",
            name="items_present",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="bulkperson",
            name="items_refused",
            field=models.PositiveIntegerField(default=0),
        ),
    ]
