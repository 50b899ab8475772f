"""The recogniser of numbers: its training data, network, training and measurement."""
