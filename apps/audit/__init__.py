"""The audit log: who did what, in a chain that shows when somebody touched it."""
