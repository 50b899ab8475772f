"""The documentation is held to what the program does."""

from __future__ import annotations

import argparse
import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml

from extractor import __all__ as public_names
from extractor.cli.flags import parser
from extractor.errors import BUG_EXIT_CODE, ExtractorError
from service.commands import reference
from service.settings import PREFIX, Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
OPERATION = (ROOT / "docs" / "operation.md").read_text(encoding="utf-8")
COMMANDS_THERE = {
    "extract", "serve", "worker", "password", "audit", "backup", "restore", "doctor", "threshold",
    "certify",
}  # fmt: skip
COMMANDS = re.findall(r"^(extractor [^#\n]*)", README, flags=re.MULTILINE)


def flags_of(command: str) -> set[str]:
    """All long flags of a command."""
    for action in parser()._actions:
        if isinstance(action, argparse._SubParsersAction):
            actions = action.choices[command]._actions
            return {flag for a in actions for flag in a.option_strings if flag.startswith("--")}
    raise AssertionError("there are no commands")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_readme_is_understood(command: str) -> None:
    """Flags and values; what a shell does behind > or | is left out."""
    words = shlex.split(re.split(r"[>|]", command)[0])
    assert parser().parse_args(words[1:]).command == words[1]


def test_the_readme_shows_every_command() -> None:
    """Each at least once."""
    shown = {shlex.split(command)[1] for command in COMMANDS}
    assert shown == COMMANDS_THERE


def test_flags_of_the_readme_exist_and_all_are_told() -> None:
    """Both ways, so that a new flag is not forgotten."""
    found = re.findall(r"(?<![\w-])--[a-z][a-z-]+", README + OPERATION)
    real = set[str]().union(*map(flags_of, COMMANDS_THERE))
    told = set(found)
    assert told <= real, told - real
    assert real - told <= {"--help"}, real - told


def test_settings_of_the_service_are_the_real_ones() -> None:
    """The table of docs/operation.md is what `python -m service.commands.reference` writes."""
    assert reference.table() in OPERATION


def test_the_compose_file_sets_what_there_is() -> None:
    """Names of settings, and commands with their flags."""
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    names = {name.removeprefix(PREFIX).lower() for name in compose["x-extractor"]["environment"]}
    assert names <= set(Settings.model_fields)
    for service in ("server", "worker"):
        words = compose["services"][service]["command"]
        assert parser().parse_args(words).command == words[0]


def test_exit_codes_of_the_readme_are_the_real_ones() -> None:
    """The table lists every class of error once."""
    table = README.partition("## Exit codes")[2].partition("##")[0]
    told = [int(code) for code in re.findall(r"^\| (\d+) \|", table, flags=re.MULTILINE)]
    real = {kind.exit_code for kind in ExtractorError.__subclasses__()}
    assert told == sorted(real | {0, 1, BUG_EXIT_CODE, 130})


def test_make_targets_of_the_readme_exist() -> None:
    """Each `make x` is a target."""
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, flags=re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z]+)\b", README)) <= targets


def test_python_of_the_readme_is_python() -> None:
    """It compiles, and what it imports from the package is public."""
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    compile(code, "README.md", "exec")
    imported = re.search(r"from extractor import (.*)", code)
    assert imported is not None
    assert set(imported.group(1).split(", ")) <= set(public_names)


def test_files_of_the_readme_are_there() -> None:
    """Links to files of the project lead somewhere."""
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert links
    missing = [link for link in links if not (ROOT / link).exists()]
    assert missing == []


def test_the_sample_of_the_demo_is_there() -> None:
    """`make demo` reads a committed scan."""
    sample = re.search(r"^SAMPLE \?= (.*)$", MAKEFILE, flags=re.MULTILINE)
    assert sample is not None
    assert (ROOT / sample.group(1)).is_file()


def test_opencv_is_pinned_to_one_version_everywhere() -> None:
    """pyproject, Makefile and Dockerfile name the same."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = [d for d in project["dependencies"] if d.startswith("opencv")]
    texts = [*pins, MAKEFILE, (ROOT / "Dockerfile").read_text(encoding="utf-8")]
    found = {v for text in texts for v in re.findall(r"opencv[a-z-]*==([\d.]+)", text)}
    assert found == {"4.10.0.84"}


def test_the_pictures_are_small_and_shown() -> None:
    """`make pictures` takes them anew."""
    shown = (ROOT / "README.md").read_text(encoding="utf-8")
    pictures = sorted((ROOT / "docs" / "pictures").glob("*.png"))
    assert len(pictures) == 2
    for path in pictures:
        assert path.stat().st_size < 300_000
        assert f"(docs/pictures/{path.name})" in shown
