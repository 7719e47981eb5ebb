"""The primitives of the condition language, one file a family; a new one is found by being here."""
