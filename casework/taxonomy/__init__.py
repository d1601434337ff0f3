"""What can be reported: components, events and requests, with the standards a case is filed under; versioned."""
from casework.taxonomy.catalogue import (
    Catalogue,
    Window,
    activate,
    catalogue,
    category,
    current_version,
    default_standard,
    duplicate_window,
    neighbours,
    standards,
    versions,
)
from casework.taxonomy.models import Category, Evidence, Kind, LimitUnit, Standard, TaxonomyVersion
from casework.taxonomy.sheets import export_csv, export_xlsx, import_csv, import_xlsx, load_default

__all__ = [
    "Catalogue",
    "Category",
    "Evidence",
    "Kind",
    "LimitUnit",
    "Standard",
    "TaxonomyVersion",
    "Window",
    "activate",
    "catalogue",
    "category",
    "current_version",
    "default_standard",
    "duplicate_window",
    "export_csv",
    "export_xlsx",
    "import_csv",
    "import_xlsx",
    "load_default",
    "neighbours",
    "standards",
    "versions",
]
