"""The REST API: one small module for each resource, put together in `rest.api`."""
