from django.contrib.staticfiles.storage import StaticFilesStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage


class PlainStorage(StaticFilesStorage):
    """Names as they are in the folder, for DEBUG: edit and reload."""


class ModuleStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped upstream
    """Hashes the names inside ``import`` statements too, so that a module and what it imports are of one version."""

    support_js_module_import_aggregation = True
    # Of our own modules only: in the comments of others stand types, import("../htmx"), that are no files.
    _js_module_import_aggregation_patterns = (
        "console/*.js",
        CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1],
    )
