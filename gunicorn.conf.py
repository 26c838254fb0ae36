"""What gunicorn reads beside its command line, wherever it is started."""

# Without the query string and without the page somebody came from: nonces and codes of sign-ins stand there.
access_log_format = '%(h)s %(t)s "%(m)s %(U)s %(H)s" %(s)s %(b)s "%(a)s"'
