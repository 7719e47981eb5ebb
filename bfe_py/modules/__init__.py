"""Built-in modules: one file or folder each, found by being here."""
