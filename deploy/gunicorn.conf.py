"""The web server in production: `gunicorn --config deploy/gunicorn.conf.py app:app`."""

import os

# Reached only by the proxy on the same machine: on loopback when PORT is set (as many hosts do),
# otherwise through a socket file.
bind = f"127.0.0.1:{os.environ['PORT']}" if "PORT" in os.environ else "unix:/run/shop/web.sock"

workers = 2
threads = 4  # of each worker: one who waits for Stripe holds up nobody else
worker_class = "gthread"

# Read before the workers start: a missing setting then ends the start with its one message,
# where workers that load the program themselves would be started again for ever. The price is
# that new code needs a restart; a reload (SIGHUP) keeps the old.
preload_app = True

timeout = 30  # seconds of silence from a worker, not the length of a request
graceful_timeout = 45  # seconds to finish requests at a restart; Stripe is asked up to three times
keepalive = 75  # seconds; longer than the proxy keeps a connection, so it never finds one shut
worker_tmp_dir = "/dev/shm"  # noqa: S108 (the heartbeat must not wait for a disk)

# No access log: paths can hold sign-in tokens. The proxy keeps one with those left out.
accesslog = None
errorlog = "-"

control_socket_disable = True
