"""Folders: find documents, read them in parallel, write results whole, continue a stopped run."""

from extractor.batch.discover import Input, discover
from extractor.batch.outcome import Failure, Reply
from extractor.batch.pool import ReaderPool
from extractor.batch.run import Batch, Finished, ResultFiles, read_batch, share_cores

__all__ = [
    "Batch",
    "Failure",
    "Finished",
    "Input",
    "ReaderPool",
    "Reply",
    "ResultFiles",
    "discover",
    "read_batch",
    "share_cores",
]
