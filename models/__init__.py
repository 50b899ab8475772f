"""Trained pipelines and calibrations, with the code that makes and measures them."""
