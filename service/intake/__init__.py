"""Uploads: a form with files in, staged files or clear refusals out; archives are unpacked.

Knows no database and no routes. What comes is hostile until it is staged.
"""

from service.intake.archives import Budget, expand
from service.intake.limits import IntakeLimits
from service.intake.multipart import Upload, staged_request, staged_upload
from service.intake.refusals import SENTENCES, IntakeError, Refusal
from service.intake.staging import StagedBatch, StagedFile, Staging

__all__ = [
    "SENTENCES",
    "Budget",
    "IntakeError",
    "IntakeLimits",
    "Refusal",
    "StagedBatch",
    "StagedFile",
    "Staging",
    "Upload",
    "expand",
    "staged_request",
    "staged_upload",
]
