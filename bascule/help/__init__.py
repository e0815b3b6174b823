"""The help: small pages kept as Markdown files, shipped with the portal and changed by staff (docs/help.md)."""
