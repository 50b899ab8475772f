"""Calibration: what was read of documents with known truth becomes a model of confidence.

`plan` draws documents, `collect` reads them, `outcomes` compares with the truth, `fit` estimates.
"""
