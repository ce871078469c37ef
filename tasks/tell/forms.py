"""Where a person settles something: the link to the form in Prefect's UI, filled in, or the command."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from shlex import quote as quoted
from typing import Any
from urllib.parse import quote

# What only the person knows, so that the command asks for it.
TO_SAY: Mapping[str, Mapping[str, str]] = {
    "record_sop_review": {"outcome": "kept", "notes": "…"},
}
REASON = {"why": "…"}


@dataclass(frozen=True)
class Forms:
    """The forms of a shop: where the UI is, and its deployments by flow; none where no server serves them."""

    shop: str
    origin: str = ""
    deployments: Mapping[str, str] = field(default_factory=dict)

    def link(self, flow: str, parameters: Mapping[str, Any]) -> str | None:
        """Return the address of the flow's form with these parameters filled in, if it is served.

        As the UI's own "Copy to new run": it decodes the value of `parameters` twice.
        """
        deployment = self.deployments.get(flow)
        if deployment is None:
            return None
        filled = json.dumps({"shop": self.shop, **parameters}, ensure_ascii=False)
        twice = quote(quote(filled, safe=""), safe="")
        return f"{self.origin}/deployments/deployment/{deployment}/run?parameters={twice}"

    def command(self, flow: str, parameters: Mapping[str, Any]) -> str:
        """Return the command that does the same; what the person has to say in it is `…`."""
        given = {"shop": self.shop, **parameters, **TO_SAY.get(flow, REASON)}
        words = ["backroom", flow]
        for name, value in given.items():
            flag = f"--{name.replace('_', '-')}"
            words.extend([flag] if value is True else [flag, quoted(str(value))])
        return " ".join(words)


def forms_of(shop: str) -> Forms:
    """Return the forms that the server of this run serves for the shop; without a server, none."""
    from prefect.client.orchestration import get_client  # seconds to import
    from prefect.client.schemas import filters
    from prefect.settings import PREFECT_API_URL, PREFECT_UI_URL

    if not PREFECT_API_URL.value():
        return Forms(shop)  # asking would start a server
    tagged = filters.DeploymentFilter(tags=filters.DeploymentFilterTags(all_=[shop]))
    with get_client(sync_client=True) as client:
        served = client.read_deployments(deployment_filter=tagged)
    by_flow = {
        each.entrypoint.rpartition(".")[2].rpartition(":")[2]: str(each.id)
        for each in served
        if each.entrypoint and each.entrypoint.startswith("flows.")
    }
    return Forms(shop, str(PREFECT_UI_URL.value()).rstrip("/"), by_flow)
