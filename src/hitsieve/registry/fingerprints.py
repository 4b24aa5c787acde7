"""Fingerprints of the installed chemistry and networks, and the check of a bundle against them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hitsieve.chem.codes import featurizer_fingerprint
from hitsieve.chem.counts import COUNTS_VERSION, TREE_COLUMNS
from hitsieve.chem.physchem import PHYSCHEM_NAMES, PHYSCHEM_VERSION
from hitsieve.chem.policy import ChemPolicy
from hitsieve.config import parse_config
from hitsieve.errors import ConfigError, FingerprintError
from hitsieve.provenance import fingerprint

if TYPE_CHECKING:
    from hitsieve.registry.config import BundleConfig

_CURES: Final = {
    "standardizer": "compounds would be drawn differently than in training",
    "featurizer": "atoms and bonds would be coded differently than in training",
    "vocabulary": "codes would reach other rows of the weights than in training",
    "inputs": "fingerprints or descriptors would be counted differently than in training",
    "network_code": "the network computes something else than in training",
}


def installed_fingerprints(policy: dict[str, Any], network: dict[str, Any]) -> dict[str, str]:
    """Return the fingerprints that the installed code gives for a model's settings.

    Parameters
    ----------
    policy
        Settings of :class:`~hitsieve.chem.policy.ChemPolicy`.
    network
        Settings of :class:`~hitsieve.networks.config.NetworkConfig`.

    Returns
    -------
    dict
        ``standardizer``, ``featurizer``, ``vocabulary``, ``network_code`` and ``inputs``.
    """
    from hitsieve.graphs.vocabulary import load_vocabulary
    from hitsieve.networks.config import NETWORK_VERSION, NetworkConfig

    settings = parse_config(NetworkConfig, network, where="network of a bundle")
    return {
        "standardizer": parse_config(ChemPolicy, policy, where="policy of a bundle").fingerprint(),
        "featurizer": featurizer_fingerprint(),
        "vocabulary": load_vocabulary(settings.vocabulary).fingerprint,
        "network_code": fingerprint({"version": NETWORK_VERSION, "encoder": settings.encoder}),
        "inputs": fingerprint(
            {
                "counts": COUNTS_VERSION,
                "physchem": PHYSCHEM_VERSION,
                "names": PHYSCHEM_NAMES,
                "trees": TREE_COLUMNS,
            }
        ),
    }


def check_fingerprints(config: BundleConfig, *, where: str) -> None:
    """Refuse a bundle made with another standardizer, featurizer, vocabulary or network.

    Raises
    ------
    FingerprintError
        Names which differs, both fingerprints and the cure.
    """
    try:
        installed = installed_fingerprints(config.policy, config.network)
    except ConfigError as error:
        raise FingerprintError(
            f"{where}: its settings are unknown to the installed version: {error.message}",
            cure="use the hitsieve version named in card.md, or train the model again",
        ) from error
    if not config.reads_inputs:
        del installed["inputs"]
    for name, now in installed.items():
        then = getattr(config, name)
        if now != then:
            what = "way inputs are counted" if name == "inputs" else name
            raise FingerprintError(
                f"{where}: the {what} differs: the bundle was made with {then}, "
                f"installed is {now}; {_CURES[name]}",
                cure="use the hitsieve version named in card.md, or train the model again",
            )
