"""The wheel works where there is no checkout."""

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from crm_unify import __version__


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that holds the wheel, and of this one only the dependencies.

    A `.pth` line adds a folder to the path without reading the `.pth` files in it, so the editable install of
    the checkout stays unseen. The full install from the index is the build script's part.
    """
    folder = tmp_path_factory.mktemp("wheel")
    root = Path(__file__).parent.parent.parent
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", folder, root], check=True)
    venv.create(folder / "venv", symlinks=True)
    python = folder / "venv" / "bin" / "python"
    wheel = next(folder.glob("*.whl"))
    subprocess.run([*pip, "--python", python, "install", "--no-deps", "--no-index", wheel], check=True)
    site = next((folder / "venv" / "lib").glob("python*/site-packages"))
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def answer(command: list[str | Path], folder: Path) -> str:
    """What a command prints when it runs outside the checkout."""
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.slow
@pytest.mark.parametrize("package", ["crm_unify", "pipelines", "matching", "mappings"])
def test_each_package_is_found_in_the_wheel(installed: Path, tmp_path: Path, package: str) -> None:
    """The packages are this program's own, `matching` too, which the public index has under the same name."""
    found = answer([installed, "-c", f"import {package}; print({package}.__file__)"], tmp_path)
    assert Path(found).is_relative_to(installed.parent.parent)


@pytest.mark.slow
def test_the_command_answers_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    """The entry point of the wheel runs, and names the version of the source it was built from."""
    assert answer([installed.with_name("crm-unify"), "--version"], tmp_path) == f"crm-unify {__version__}"


@pytest.mark.slow
def test_the_wheel_holds_the_rule_files(installed: Path, root: Path) -> None:
    """Every file below mappings/ is in the wheel: code tables and rules are data of the program."""
    site = next((installed.parent.parent / "lib").glob("python*/site-packages"))
    kept = {path.relative_to(root) for path in (root / "mappings").rglob("*") if path.is_file()}
    missing = {path for path in kept if path.suffix != ".pyc" and not (site / path).is_file()}
    assert missing == set()
