"""bfe-py: a multi-tenant layer-7 load balancer."""

__version__ = "0.1.0"
