"""What JSON and HTML have in common: errors, who asks, limits, headers."""
