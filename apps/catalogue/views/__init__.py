"""Pages of APIs: all of them, and one."""
