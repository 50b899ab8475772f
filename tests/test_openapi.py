"""The API against its own description: schemathesis tries what it allows, and what it does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving import BACKENDS, server, settled, upload

CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance",
    "response_schema_conformance",
)  # fmt: skip
EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "15")  # of each operation


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_no_request_is_answered_in_a_way_that_is_not_documented(
    backend: str, tmp_path: Path
) -> None:
    """No 5xx, no other status, no other shape. /events has no end, so it is tested elsewhere."""
    settings = {"rate_limit": "1000000/minute", "log_level": "warning"}
    with server(tmp_path, backend, "--no-auth", **settings) as running, running.client() as client:
        upload(client, "ok 2", "encrypted")
        settled(client)
        command = [
            str(Path(sys.executable).with_name("schemathesis")), "run",
            f"{running.url}/api/v1/openapi.json", "--checks", ",".join(CHECKS),
            "--exclude-path", "/api/v1/events", "--max-examples", EXAMPLES, "--workers", "2",
            "--seed", "1", "--no-color", "--generation-database", "none",
        ]  # fmt: skip
        found = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
        assert found.returncode == 0, found.stdout + found.stderr
        assert "passed" in found.stdout
