"""The layers of the design: dependencies point one way, and every module has its place."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PACKAGES = ("crm_unify", "pipelines", "matching", "mappings")


def layers(root: Path) -> set[str]:
    """Modules named by the layers contract."""
    contracts = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    rows = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return set(" ".join(rows).replace("(", " ").replace(")", " ").replace(":", " ").replace("|", " ").split())


def test_the_import_linter_keeps_every_contract(root: Path) -> None:
    """No module imports one of a layer above it, and only landing imports dlt."""
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-logo"], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_below_crm_unify_has_a_layer(root: Path) -> None:
    """A new module must be placed in a layer before it can be merged."""
    entries = (root / "crm_unify").iterdir()
    modules = {path.stem for path in entries if path.suffix == ".py" or (path / "__init__.py").is_file()}
    placed = {name.removeprefix("crm_unify.") for name in layers(root) if name.startswith("crm_unify.")}
    assert modules - placed == {"__init__"}


def test_the_wheel_holds_the_four_packages(root: Path) -> None:
    """The build names exactly the packages that exist, so none is left out of a release."""
    build = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert sorted(build["packages"]) == sorted(PACKAGES)


def test_mappings_holds_no_code(root: Path) -> None:
    """What the business argues about is data: the package has no Python but its docstring."""
    assert [path.name for path in (root / "mappings").rglob("*.py")] == ["__init__.py"]


@pytest.mark.parametrize("name", ["dlt", "pandas", "duckdb", "pyarrow", "sqlalchemy", "pydantic", "rich"])
def test_the_command_line_imports_nothing_heavy(name: str) -> None:
    """Asking for help imports the frame alone, so it answers at once."""
    program = f"import sys, crm_unify.cli as cli; cli.main(['--help']); sys.exit({name!r} in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
