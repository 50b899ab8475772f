"""What is installed: one OpenCV, although three packages bring one each."""

from __future__ import annotations

from importlib.metadata import version

import cv2

import extractor
from extractor.cli.doctor import OPENCV_WHEELS, opencv_version

OPENCV = "4.10.0.84"


def test_there_is_one_opencv() -> None:
    """All three wheels write the folder cv2: of one version, it does not matter which came last."""
    assert {name: version(name) for name in OPENCV_WHEELS} == dict.fromkeys(OPENCV_WHEELS, OPENCV)
    assert OPENCV.startswith(cv2.__version__)
    assert opencv_version() == cv2.__version__


def test_the_package_has_the_version_it_says() -> None:
    """Release number of three parts."""
    assert len(extractor.__version__.split(".")) == 3
