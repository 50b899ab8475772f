"""The service with the real reader: what comes out is what the command line gives."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pikepdf
import pytest
from PIL import Image

from extractor import Options, extract
from extractor.document import Document
from service.jobs.leavings import READER
from tests.serving import Server, database, settled, start

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

REPORTS = Path(__file__).parent.parent / "fixtures" / "reports"
DIGITAL, SCAN = "maple-2021.digital.pdf", "inlet-enforcement.office200.png"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose worker reads for real."""
    with database("sqlite", tmp_path_factory.mktemp("data")) as environment:
        found = start(environment, "--no-auth", reader=READER)
        yield found
        found.process.stop()


@pytest.fixture(scope="module")
def client(running: Server) -> Iterator[httpx.Client]:
    """A client of it, after both reports are read."""
    with running.client() as found:
        files = [("file", (name, (REPORTS / name).read_bytes())) for name in (DIGITAL, SCAN)]
        assert found.post("/api/v1/documents", files=files).json()["created"] == 2
        settled(found, timeout_s=180)
        yield found


def by_name(client: httpx.Client, name: str) -> str:
    """The address of a document."""
    (item,) = client.get("/api/v1/documents", params={"q": name}).json()["items"]
    assert item["state"] == "done"
    return f"/api/v1/documents/{item['id']}"


@pytest.mark.slow
@pytest.mark.parametrize("name", [DIGITAL, SCAN])
def test_the_result_is_that_of_the_library(client: httpx.Client, name: str) -> None:
    """Every value, state and place."""
    served = Document.from_json(client.get(f"{by_name(client, name)}/result").content)
    own = extract(REPORTS / name, Options(threads=1))
    assert served.document.filename == name
    assert [(f.id, f.value, f.state, f.page) for f in served.fields] == [
        (f.id, f.value, f.state, f.page) for f in own.fields
    ]
    assert served.tables[0].cells[-1].text == own.tables[0].cells[-1].text


@pytest.mark.slow
def test_the_list_knows_what_was_read(client: httpx.Client) -> None:
    """Agency, year and form, to search and filter by."""
    truth = json.loads((REPORTS / "maple-2021.truth.json").read_text(encoding="utf-8"))
    found = client.get("/api/v1/documents", params={"year": 2021, "q": DIGITAL}).json()["items"]
    assert [item["form"] for item in found] == ["gov-disclosure-annual/2021"]
    assert found[0]["agency"] in json.dumps(truth, ensure_ascii=False)
    assert found[0]["fields"] > 100


@pytest.mark.slow
@pytest.mark.parametrize("name", [DIGITAL, SCAN])
def test_boxes_lie_on_the_pictures(client: httpx.Client, name: str) -> None:
    """The crop of a printed number has ink in its middle, and paper around it."""
    base = by_name(client, name)
    result = Document.from_json(client.get(f"{base}/result").content)
    printed = [f for f in result.fields if f.kind == "count" and f.state == "printed" and f.bbox]
    for field in printed[:12]:
        crop = client.get(f"{base}/fields/{field.id}/crop", params={"margin": 0})
        with Image.open(io.BytesIO(crop.content)) as picture:
            assert np.asarray(picture.convert("L")).min() < 128, field.id
    assert client.get(f"{base}/fields/no.such.field/crop").status_code == 404


@pytest.mark.slow
def test_a_scan_comes_back_as_a_searchable_pdf(client: httpx.Client) -> None:
    """With the words that were read."""
    answer = client.get(f"{by_name(client, SCAN)}/export", params={"format": "pdf"})
    assert answer.headers["content-type"] == "application/pdf"
    with pikepdf.open(io.BytesIO(answer.content)) as pdf:
        assert len(pdf.pages) == 1
    assert len(answer.content) == int(answer.headers["content-length"])


@pytest.mark.slow
def test_a_locked_file_is_read_with_its_password_only(
    client: httpx.Client, running: Server, tmp_path: Path
) -> None:
    """And who has the file in another project but not the password does not get the result."""
    locked = io.BytesIO()
    with pikepdf.open(REPORTS / DIGITAL) as pdf:
        pdf.save(locked, encryption=pikepdf.Encryption(owner="o", user="geheim"))
    file = {"file": ("locked.pdf", locked.getvalue())}
    other = client.post("/api/v1/projects", json={"name": "other"}).json()["id"]
    client.post("/api/v1/documents", files=file, data={"project": "archive"})
    (item,) = [i for i in settled(client) if i["name"] == "locked.pdf"]
    assert (item["state"], item["error_code"]) == ("failed", "encrypted")
    path = f"/api/v1/documents/{item['id']}"
    client.post(f"{path}/password", json={"password": "wrong"})
    settled(client)
    assert client.get(path).json()["error_code"] == "encrypted"
    client.post(f"{path}/password", json={"password": "geheim"})
    settled(client)
    assert client.get(path).json()["state"] == "done"
    assert client.get(f"{path}/export", params={"format": "pdf"}).status_code == 200
    client.post("/api/v1/documents", files=file, data={"project": other})
    settled(client)
    (twin,) = client.get("/api/v1/documents", params={"project": other}).json()["items"]
    assert (twin["state"], twin["error_code"]) == ("failed", "encrypted")
    assert "geheim" not in "".join(running.process.lines)
    assert not any(
        b"geheim" in file.read_bytes()
        for file in Path(running.environment["EXTRACTOR_DATA"]).glob("extractor.sqlite*")
    )
