"""What `make audit` measures the public site with: Lighthouse and the Nu Html Checker."""
