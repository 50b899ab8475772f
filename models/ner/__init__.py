"""The trained tagger of the prose: its corpus, configuration, training, calibration and weights."""
