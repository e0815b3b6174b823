import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bascule', '0019_connection_tests_and_device_links'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='HelpMiss',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('words', models.CharField(max_length=80)),
                ('day', models.DateField()),
                ('times', models.PositiveIntegerField(default=1)),
            ],
            options={
                'indexes': [models.Index(fields=['day'], name='help_miss_day')],
                'constraints': [models.UniqueConstraint(fields=('words', 'day'), name='one_help_miss_per_words_and_day')],
            },
        ),
        migrations.CreateModel(
            name='HelpOpinion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=80)),
                ('day', models.DateField()),
                ('useful', models.PositiveIntegerField(default=0)),
                ('useless', models.PositiveIntegerField(default=0)),
            ],
            options={
                'indexes': [models.Index(fields=['day'], name='help_opinion_day')],
                'constraints': [models.UniqueConstraint(fields=('slug', 'day'), name='one_help_opinion_per_page_and_day')],
            },
        ),
        migrations.CreateModel(
            name='HelpRemark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=80)),
                ('day', models.DateField()),
                ('useful', models.BooleanField()),
                ('words', models.CharField(max_length=500)),
            ],
            options={
                'ordering': ['-day', '-pk'],
                'indexes': [models.Index(fields=['slug', '-day'], name='help_remark_page'), models.Index(fields=['-day'], name='help_remark_day')],
                'constraints': [models.CheckConstraint(condition=models.Q(('words', ''), _negated=True), name='help_remark_has_words')],
            },
        ),
        migrations.CreateModel(
            name='FirstSignInTick',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('step', models.SlugField(max_length=20)),
                ('ticked_at', models.DateTimeField(auto_now_add=True)),
                ('agent', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='first_sign_in_ticks', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('agent', 'step'), name='one_tick_per_agent_and_first_step')],
            },
        ),
    ]
