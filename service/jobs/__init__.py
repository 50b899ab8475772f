"""Durable work: who reads which document when. The only place that has documents read."""
