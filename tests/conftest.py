"""Settings for every test."""

from hypothesis import settings

# Machines of tests are shared and slow at times: no example fails for the time it took.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
