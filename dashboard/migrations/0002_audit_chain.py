from typing import Any

import django.utils.timezone
from django.db import migrations, models


def seal(apps: Any, schema_editor: Any) -> None:
    """Entries from before the chain are sealed in their order."""
    from dashboard.models import AuditEntry as Sealing

    entries = apps.get_model("dashboard", "AuditEntry").objects.using(schema_editor.connection.alias)
    fields = [field.attname for field in entries.model._meta.concrete_fields]
    previous = ""
    for entry in entries.order_by("id"):
        entry.previous = previous
        entry.seal = previous = Sealing(**{name: getattr(entry, name) for name in fields}).sealed_with()
        entry.save(update_fields=["previous", "seal"])


class Migration(migrations.Migration):
    dependencies = [("dashboard", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="auditentry",
            name="at",
            field=models.DateTimeField(db_index=True, default=django.utils.timezone.now, editable=False),
        ),
        migrations.AddField(
            model_name="auditentry",
            name="previous",
            field=models.CharField(editable=False, max_length=64, null=True, unique=True),
        ),
        migrations.AddField(
            model_name="auditentry",
            name="seal",
            field=models.CharField(default="", editable=False, max_length=64),
            preserve_default=False,
        ),
        migrations.RunPython(seal, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="auditentry",
            name="previous",
            field=models.CharField(editable=False, max_length=64, unique=True),
        ),
    ]
