"""Build step: dataset cards, recipes and embedded sets ship inside the wheel.

Their one source are the top-level folders ``datasets/``, ``models/recipes/`` and
``models/encoders/``. A wheel gets copies under ``hitsieve/_data``; an editable install reads the
checkout itself.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
SHIPPED = ("datasets", "models/recipes", "models/encoders")


class BuildWithData(build_py):
    """``build_py`` that also copies the shipped folders into the built package."""

    def run(self) -> None:
        """Build the package, then add the data unless the install is editable."""
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib) / "hitsieve" / "_data"
        shutil.rmtree(target, ignore_errors=True)  # a file removed from the source must go too
        for name in SHIPPED:
            for source in _files(ROOT / name):
                copy = target / source.relative_to(ROOT)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, copy)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:  # noqa: FBT001, FBT002 - setuptools' signature
        """List the shipped files too, so that an uninstall removes them."""
        target = Path(self.build_lib) / "hitsieve" / "_data"
        shipped = [
            str(target / source.relative_to(ROOT))
            for name in SHIPPED
            for source in _files(ROOT / name)
        ]
        outputs: list[str] = super().get_outputs(include_bytecode)
        return outputs + ([] if self.editable_mode else shipped)


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)


setup(cmdclass={"build_py": BuildWithData})
