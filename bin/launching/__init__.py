"""What bin/up, bin/test, bin/check and bin/lock do. Standard library only: it runs before anything is installed."""
