"""Whether a model may score a library: both must draw and code compounds alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hitsieve.errors import FingerprintError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hitsieve.library.manifest import Manifest
    from hitsieve.registry.config import BundleConfig


def refuse_other_chemistry(model: BundleConfig, library: Manifest, *, where: str) -> None:
    """Refuse a model that was trained on compounds prepared otherwise than a library's.

    Parameters
    ----------
    model
        Of the bundle.
    library
        The library's manifest.
    where
        Names both in the error.

    Raises
    ------
    FingerprintError
        Names each setting that differs, with both values.
    """
    if model.standardizer != library.standardizer:
        differing = _differences(model.policy, library.plan.get("policy", {}))
        what = "; ".join(differing) or (
            f"the rules are of another version ({model.standardizer} for the model, "
            f"{library.standardizer} for the library)"
        )
        raise FingerprintError(
            f"{where}: compounds were standardized otherwise: {what}",
            cure="build the library with the model's settings, or train the model with the "
            "library's",
        )
    if model.featurizer != library.featurizer:
        raise FingerprintError(
            f"{where}: atoms and bonds were coded otherwise: the featurizer is "
            f"{model.featurizer} for the model, {library.featurizer} for the library",
            cure="build the library again with this version, or train the model again",
        )


def _differences(model: Mapping[str, Any], library: Mapping[str, Any]) -> list[str]:
    """Name settings of the policy that differ, in order of their names."""
    return [
        f"{name} is {model.get(name)} for the model, {library.get(name)} for the library"
        for name in sorted({*model, *library})
        if model.get(name) != library.get(name)
    ]
