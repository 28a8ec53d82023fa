"""What a request costs, beside a bare Flask view on the same server: `python -m bench`."""
