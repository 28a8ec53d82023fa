"""Stand-ins for the outside world on a developer's machine. Never part of production."""
