from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("boxes", "0002_census_delegations_shares")]

    operations = [
        migrations.AddField(
            model_name="boxfinding",
            name="restore_asked_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name="BoxCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_at", models.DateTimeField(blank=True, null=True)),
                ("checked_at", models.DateTimeField(blank=True, null=True)),
                ("unseen", models.PositiveIntegerField(default=0)),
                ("error_code", models.CharField(blank=True, max_length=100)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("retry_at", models.DateTimeField(blank=True, null=True)),
                (
                    "box",
                    models.OneToOneField(
                        on_delete=models.deletion.CASCADE, related_name="check_row", to="boxes.box"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("asked_at__isnull", False)), fields=["asked_at"], name="box_check_asked"
                    )
                ],
            },
        ),
    ]
