"""The HTTP service; stands on the extractor and knows nothing of the models."""
