"""What runs Backroom elsewhere: checked as far as no container runs here. README.md there says how far."""

import json
from importlib.resources import files
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from config.strict import CONFIG, ROOT
from flows.desk.cli import parser
from flows.desk.nightly_all import WORKER
from tasks.run.server import SETTINGS

COMPOSE: dict[str, Any] = yaml.safe_load((CONFIG / "deploy" / "compose.yaml").read_text("utf-8"))
POOL: dict[str, Any] = json.loads((CONFIG / "deploy" / "kubernetes-pool.json").read_text("utf-8"))
# Where a server of containers is another than one of this machine: the address, and where its records are.
HERE_ONLY = {"PREFECT_SERVER_API_HOST"}


def test_the_server_is_set_as_the_one_of_this_machine() -> None:
    given = COMPOSE["services"]["server"]["environment"]
    wanted = {name: value for name, value in SETTINGS.items() if name not in HERE_ONLY}
    assert {name: given.get(name) for name in wanted} == wanted
    assert given["PREFECT_SERVER_API_AUTH_STRING"] == "${BACKROOM_SECRET}"
    assert COMPOSE["services"]["server"]["ports"] == ["127.0.0.1:4200:4200"]


@pytest.mark.parametrize("service", ["deploy", "worker"])
def test_a_command_of_a_container_is_one_of_ours(service: str) -> None:
    program, *arguments = COMPOSE["services"][service]["command"]
    assert program == "backroom"
    assert parser()[0].parse_args(arguments).pool == "backroom"


def test_what_a_container_copies_is_there() -> None:
    build = COMPOSE["services"]["worker"]["build"]
    folder = (CONFIG / "deploy" / build["context"]).resolve()
    assert folder == ROOT
    for line in (folder / build["dockerfile"]).read_text("utf-8").splitlines():
        if line.startswith("COPY"):
            assert all((folder / each).exists() for each in line.split()[1:-1]), line


def test_no_secret_has_a_value_in_what_is_deployed() -> None:
    text = (CONFIG / "deploy" / "compose.yaml").read_text("utf-8")
    for name in ("BACKROOM_SECRET", "DATABASE_PASSWORD"):
        assert f"${{{name}:?" in text, f"without {name} nothing may start"
    assert {"secretRef": {"name": "backroom"}} in _container()["envFrom"]


def test_the_pool_is_prefects_own_for_kubernetes_with_what_a_night_needs() -> None:
    known = json.loads(
        files("prefect.server.api.collections_data.views")
        .joinpath("aggregate-worker-metadata.json")
        .read_text("utf-8")
    )
    default = known["prefect-kubernetes"]["kubernetes"]["default_base_job_configuration"]
    ours, theirs = POOL["variables"]["properties"], default["variables"]["properties"]
    assert {name: {**each, "default": None} for name, each in ours.items()} == {
        name: {**each, "default": None} for name, each in theirs.items()
    }
    assert POOL["job_configuration"].keys() == default["job_configuration"].keys()
    defaults = {name: each["default"] for name, each in ours.items() if "default" in each}
    Draft7Validator(POOL["variables"]).validate(defaults)
    env = defaults["env"]
    wanted = {name: value for name, value in WORKER.items() if "WORKER" not in name}
    assert {name: env.get(name) for name in wanted} == wanted
    assert _container()["args"] == "{{ command }}", "Prefect says what a run's container does"


def test_every_placeholder_of_the_pool_is_a_variable() -> None:
    text = json.dumps(POOL["job_configuration"])
    asked = {part.partition("}}")[0].strip() for part in text.split("{{")[1:]}
    assert asked <= set(POOL["variables"]["properties"])


def _container() -> dict[str, Any]:
    spec = POOL["job_configuration"]["job_manifest"]["spec"]["template"]["spec"]
    [container] = spec["containers"]
    return dict(container)
