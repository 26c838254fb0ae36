"""The house: environment, settings, Celery, routes. Importing it makes the Celery app the current one."""
