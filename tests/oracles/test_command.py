from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.config import parse_config
from hitsieve.engine import SerialExecutor
from hitsieve.errors import ConfigError, HitsieveError, IncompleteError, NotFoundError
from hitsieve.oracles import MeasureConfig, measure
from hitsieve.oracles.command import CommandConfig, CommandOracle
from hitsieve.oracles.trouble import TroubleError
from hitsieve.schema import Code
from hitsieve.testing.oracle_kit import ORACLE_CHECKS, STORED_CHECKS, OracleCheck, StoredCheck
from hitsieve.testing.process_executor import ProcessExecutor

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

COMPOUNDS = [(f"KEY-{i}", "C" * (i + 1)) for i in range(5)]

# Measures the length of each SMILES; what it is told to do wrong stands in its third argument.
PROGRAM = """
import os, sys, time
source, target, what, note = sys.argv[1:]
open(note, "a").write("started\\n")
starts = open(note).read().count("started")
lines = [line.split() for line in open(source)]
with open(target, "w") as out:
    out.write("compound_id,value\\n")
    for number, (smiles, name) in enumerate(lines):
        if what == "skip" and number == 1:
            continue
        if what == "nan" and number == 1:
            out.write(f"{name},nan\\n")
            continue
        if what == "rename":
            name = name + "-1"
        if what in ("die", "once", "hang") and number == 2 and (what != "once" or starts == 1):
            out.write(f"{name},1")
            out.flush()
            if what == "hang":
                time.sleep(600)
            print("it broke", file=sys.stderr)
            os._exit(9)
        out.write(f"{name},{len(smiles)}\\n")
    out.flush()
    if what == "kill late" or (what == "kill once" and starts == 1):
        os.truncate(target, 0 if what == "kill once" else out.tell())
        os.kill(os.getpid(), 9)
"""


def oracle(folder: Path, what: str = "", **changes: Any) -> CommandOracle:
    script = folder / "program.py"
    script.write_text(PROGRAM)
    argv = (sys.executable, "-S", str(script), "{input}", "{output}", what, str(folder / "note"))
    settings: dict[str, Any] = {
        "argv": argv, "target": "t", "endpoint": "length", "unit": "1", "higher_is_better": True,
    }  # fmt: skip
    return CommandOracle(parse_config(CommandConfig, settings | changes))


def found(of: CommandOracle, compounds: Sequence[tuple[str, str]] = COMPOUNDS) -> list[Any]:
    rows = of.measure(compounds).to_pylist()
    return [row["code"] if row["value"] is None else row["value"] for row in rows]


def starts(folder: Path) -> int:
    return (folder / "note").read_text().count("started")


@pytest.mark.parametrize("check", ORACLE_CHECKS, ids=lambda check: check.__name__)
def test_contract(check: OracleCheck, tmp_path: Path) -> None:
    check(oracle(tmp_path), COMPOUNDS)


@pytest.mark.parametrize("check", STORED_CHECKS, ids=lambda check: check.__name__)
def test_stored_contract(check: StoredCheck, tmp_path: Path) -> None:
    check(oracle(tmp_path), COMPOUNDS, tmp_path / "labels")


def test_a_missing_row_is_a_failure(tmp_path: Path) -> None:
    assert found(oracle(tmp_path, "skip")) == [1.0, "not_measured", 3.0, 4.0, 5.0]


def test_a_value_that_is_not_finite_is_a_failure(tmp_path: Path) -> None:
    assert found(oracle(tmp_path, "nan")) == [1.0, "measurement_failed", 3.0, 4.0, 5.0]


def test_answers_about_others_make_all_of_them_doubtful(tmp_path: Path) -> None:
    of = oracle(tmp_path, "rename")
    assert found(of) == ["measurement_failed"] * 5
    assert "which it was not given" in of.measure(COMPOUNDS)["message"][0].as_py()


def test_whole_rows_of_a_program_that_died_count(tmp_path: Path) -> None:
    of = oracle(tmp_path, "die")
    assert found(of) == [1.0, 2.0, "crashed", "crashed", "crashed"]
    assert "code 9: it broke" in of.measure(COMPOUNDS)["message"][2].as_py()
    assert found(oracle(tmp_path, "die", partial=False)) == ["crashed"] * 5


def test_only_what_is_missing_is_tried_again(tmp_path: Path) -> None:
    assert found(oracle(tmp_path, "once", attempts=3)) == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert starts(tmp_path) == 2


def test_attempts_end(tmp_path: Path) -> None:
    code = "import sys; open(sys.argv[2], 'a').write('started '); sys.exit('never')"
    argv = (sys.executable, "-S", "-c", code, "{input}", str(tmp_path / "note"))
    assert found(oracle(tmp_path, argv=argv, attempts=3), COMPOUNDS[:2]) == ["crashed"] * 2
    assert starts(tmp_path) == 3


KILLED = """
import os, pathlib, sys
source, note = sys.argv[1:]
smiles, name = open(source).read().split()
done = pathlib.Path(note)
if smiles == "CC" and (note.endswith("always") or not done.exists()):
    done.touch()
    os.kill(os.getpid(), 9)
print("compound_id,value", f"{name},{len(smiles)}", sep="\\n")
"""


def killed(folder: Path, note: str) -> CommandOracle:
    argv = (sys.executable, "-S", "-c", KILLED, "{input}", str(folder / note))
    return oracle(folder, argv=argv, version=note)


def test_a_program_killed_from_outside_is_no_outcome(tmp_path: Path) -> None:
    with pytest.raises(TroubleError, match=r"ended with code -9$"):
        killed(tmp_path, "always").measure(COMPOUNDS[1:2])
    config = MeasureConfig(pause_s=0)
    once = measure(killed(tmp_path, "once"), COMPOUNDS, SerialExecutor(), tmp_path / "l", config)
    assert (tmp_path / "once").exists()
    assert once["value"].to_pylist() == [1.0, 2.0, 3.0, 4.0, 5.0]
    of = killed(tmp_path, "always")
    always = measure(of, COMPOUNDS, SerialExecutor(), tmp_path / "l", config)
    assert always["code"].to_pylist() == ["none", "crashed", "none", "none", "none"]


def test_its_own_attempts_come_first_and_what_it_wrote_counts(tmp_path: Path) -> None:
    assert found(oracle(tmp_path, "kill once", attempts=2)) == [1.0, 2.0, 3.0, 4.0, 5.0]
    (tmp_path / "note").unlink()
    assert found(oracle(tmp_path, "kill late")) == [1.0, 2.0, 3.0, 4.0, 5.0]


def test_a_program_beside_the_worker_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "program.sh"
    script.write_text("#!/bin/sh\necho compound_id,value\nsed 's/.* //; s/$/,7/' $1\n")
    script.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    of = oracle(tmp_path, argv=("./program.sh", "{input}"))
    rows = measure(of, COMPOUNDS[:2], SerialExecutor(), tmp_path / "labels")
    assert rows["value"].to_pylist() == [7.0, 7.0]


def test_a_program_that_vanishes_stops_the_run(tmp_path: Path) -> None:
    script = tmp_path / "program.sh"
    script.write_text("#!/bin/sh\nrm -f $0\nexit 3\n")
    script.chmod(0o755)
    of = oracle(tmp_path, argv=(str(script), "{input}"))
    config = MeasureConfig(pause_s=0)
    with pytest.raises(IncompleteError, match=r"program\.sh. cannot be started"):
        measure(of, COMPOUNDS, SerialExecutor(), tmp_path / "labels", config)
    (label,) = (tmp_path / "labels").rglob("*.json")
    assert "ended with code 3" in label.read_text()


def test_at_the_limit_whole_rows_count(tmp_path: Path) -> None:
    assert found(oracle(tmp_path, "hang", time_limit_s=2.0, attempts=3)) == [
        1.0, 2.0, "timeout", "timeout", "timeout",
    ]  # fmt: skip
    assert starts(tmp_path) == 1


def test_standard_output_and_sdf(tmp_path: Path) -> None:
    script = tmp_path / "atoms.py"
    script.write_text(
        "import sys\n"
        "print('name;x,score'.replace(';x', ''))\n"
        "for record in open(sys.argv[1]).read().split('$$$$\\n')[:-1]:\n"
        "    lines = record.splitlines()\n"
        "    print(lines[0], int(lines[3][:3]), sep=',')\n"
    )
    more = {
        "argv": (sys.executable, str(script), "{input}"),
        "id_column": "name",
        "value_column": "score",
    }
    assert found(oracle(tmp_path, input="sdf", **more)) == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert found(oracle(tmp_path, input="sdf3d", **more))[:2] == [5.0, 8.0]


def test_no_smiles_can_forge_a_second_compound(tmp_path: Path) -> None:
    forged = [("A", "CC B\nCCC"), ("B", "CC"), ("C D", "CC")]
    assert found(oracle(tmp_path), forged) == ["syntax", 2.0, "internal"]


def test_limits_decide_no_value_but_program_and_files_do(tmp_path: Path) -> None:
    data = tmp_path / "receptor"
    data.write_text("one")
    plain = oracle(tmp_path, files=[data])
    assert (
        oracle(tmp_path, files=[data], time_limit_s=1.0, attempts=4).fingerprint
        == plain.fingerprint
    )
    assert oracle(tmp_path, files=[data], version="2").fingerprint != plain.fingerprint
    assert oracle(tmp_path, files=[data], environment={"A": "1"}).fingerprint != plain.fingerprint
    moved = data.rename(tmp_path / "moved")
    assert oracle(tmp_path, files=[moved]).fingerprint == plain.fingerprint
    moved.write_text("two")
    assert oracle(tmp_path, files=[moved]).fingerprint != plain.fingerprint
    with pytest.raises(NotFoundError, match="no file"):
        oracle(tmp_path, files=[data])


def test_a_program_that_is_not_there_wastes_no_compound(tmp_path: Path) -> None:
    of = oracle(tmp_path, argv=("no-such-program", "{input}"))
    with pytest.raises(HitsieveError, match="no program 'no-such-program'"):
        measure(of, COMPOUNDS, SerialExecutor(), tmp_path / "labels")
    assert not list((tmp_path / "labels").rglob("*.json"))


def test_a_higher_limit_measures_again_what_ran_out_of_time(tmp_path: Path) -> None:
    labels = tmp_path / "labels"
    of = oracle(tmp_path, "hang", time_limit_s=2.0)
    slow = COMPOUNDS[:3]
    first = of.measure(slow)["code"].to_pylist()
    assert first == [Code.NONE, Code.NONE, Code.TIMEOUT]
    sleepy = oracle(
        tmp_path, argv=(sys.executable, "-c", "import time; time.sleep(600)", "{input}")
    )
    for limit, count in ((0.5, 1), (0.5, 1), (1.0, 1)):
        table = measure(
            sleepy, slow[:1], SerialExecutor(), labels, MeasureConfig(time_limit_s=limit)
        )
        assert table["code"].to_pylist() == [Code.TIMEOUT]
        assert f"limit of {limit:g} s" in table["message"][0].as_py()
        assert len(list(labels.rglob("*.json"))) == count


def test_an_input_is_needed() -> None:
    settings = {
        "argv": ["x"],
        "target": "t",
        "endpoint": "e",
        "unit": "u",
        "higher_is_better": True,
    }
    with pytest.raises(ConfigError, match=r"no argument holds \{input\}"):
        parse_config(CommandConfig, settings)


def test_workers_give_the_same_files_as_serial(tmp_path: Path) -> None:
    of = oracle(tmp_path, "skip", version="workers")
    serial, workers = tmp_path / "serial", tmp_path / "workers"
    measure(of, COMPOUNDS, SerialExecutor(), serial)
    with ProcessExecutor(2) as executor:
        measure(of, COMPOUNDS, executor, workers)
    contents = [
        {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*.json")}
        for root in (serial, workers)
    ]
    assert len(contents[0]) == len(COMPOUNDS)
    assert contents[0] == contents[1]
