"""Collection forms: written as XLSForms, published as data, filled in on our page or in ODK Collect."""
