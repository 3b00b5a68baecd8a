from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("threads", "0007_the_first_epoch_a_follower_counts_from")]

    operations = [migrations.AddField("thread", "priority", models.SmallIntegerField(blank=True, null=True))]
