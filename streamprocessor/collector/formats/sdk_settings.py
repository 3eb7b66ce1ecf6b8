"""What browsers' SDKs ask for before and beside their events: their settings, flags, and scripts.

PostHog: no flags, recordings, surveys or heatmaps are here, and the settings say so: it sends events and nothing else.
The script array.js, which PostHog's snippet loads, is not ours to give: pages take posthog-js from npm, or name a host
of that script; who loads it from here reads so on the browser's console.
Segment (`cdnURL`), RudderStack (`configUrl`): a source that is enabled, with no destinations beside us.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from streamprocessor.collector.formats.vocabulary import Vocabulary
from streamprocessor.collector.http.json_answers import json_answer, refusal_in_json
from streamprocessor.collector.http.wire_format import (
    DecodedEvents,
    HttpAnswer,
    HttpRequest,
    ParsedRequest,
    WireFormat,
)
from streamprocessor.contract.contact_ids import ContactIds

POSTHOG: dict[str, Any] = {
    "supportedCompression": ["gzip-js", "base64"],
    "hasFeatureFlags": False,
    "autocapture_opt_out": False,
    "autocaptureExceptions": False,
    "capturePerformance": False,
    "captureDeadClicks": False,
    "heatmaps": False,
    "surveys": False,
    "productTours": False,
    "conversations": False,
    "logs": {"captureConsoleLogs": False},
    "sessionRecording": False,
    "defaultIdentifiedOnly": True,
    "elementsChainAsString": True,
    "analytics": {"endpoint": "/i/v0/e/"},
    "siteApps": [],
    "toolbarParams": {},
    "isAuthenticated": False,
}
POSTHOG_FLAGS: dict[str, Any] = {
    "flags": {},
    "featureFlags": {},
    "featureFlagPayloads": {},
    "errorsWhileComputingFlags": False,
    "quotaLimited": [],
}
RUDDERSTACK: dict[str, Any] = {
    "source": {
        "id": "streamprocessor",
        "name": "streamprocessor",
        "workspaceId": "streamprocessor",
        "enabled": True,
        "config": {"statsCollection": {"errors": {"enabled": False}, "metrics": {"enabled": False}}},
        "destinations": [],
    }
}
SCRIPT_IS_ELSEWHERE = (
    b"console.warn('streamprocessor: scripts of PostHog are not served here; install posthog-js from npm')"
)

_SCRIPT = "application/javascript; charset=utf-8"
_FLAG_PATHS = ("/flags", "/flags/", "/decide", "/decide/")


def formats(_contact_ids: ContactIds, _vocabulary: Vocabulary) -> list[WireFormat]:
    """The formats; anybody may ask, for the answers are the same for all."""
    flags = tuple((method, path) for path in _FLAG_PATHS for method in ("GET", "POST"))
    config = (("GET", "/array/{key}/config"), ("GET", "/array/{key}/config.js"))
    scripts = (("GET", "/static/{file}"), ("GET", "/static/{version}/{file}"), ("GET", "/array/{key}/array.js"))
    segment = (("GET", "/v1/projects/{key}/settings"),)
    rudderstack = (("GET", "/sourceConfig"), ("GET", "/sourceConfig/"))
    return [
        _constant("posthog-flags", flags, lambda _: json_answer(200, POSTHOG | POSTHOG_FLAGS)),
        _constant("posthog-config", config, _posthog_config),
        _constant("posthog-scripts", scripts, _posthog_script),
        _constant("segment-settings", segment, _segment_settings),
        _constant("rudderstack-settings", rudderstack, lambda _: json_answer(200, RUDDERSTACK)),
    ]


def _constant(
    name: str, routes: tuple[tuple[str, str], ...], answer: Callable[[HttpRequest], HttpAnswer]
) -> WireFormat:
    def accepted(request: HttpRequest, _parsed: ParsedRequest, _decoded: DecodedEvents) -> HttpAnswer:
        return answer(request)

    return WireFormat(name, routes, _parse, _decode, accepted, refusal_in_json, needs_key=False)


def _posthog_config(request: HttpRequest) -> HttpAnswer:
    if not request.path.endswith(".js"):
        return json_answer(200, POSTHOG)
    key = orjson.dumps(request.path.removeprefix("/array/").removesuffix("/config.js"))
    settings = orjson.dumps({"config": POSTHOG, "siteApps": []})
    all_settings = b"window._POSTHOG_REMOTE_CONFIG"
    return HttpAnswer(200, b"(%b = %b || {})[%b] = %b" % (all_settings, all_settings, key, settings), _SCRIPT)


def _posthog_script(request: HttpRequest) -> HttpAnswer:
    is_the_sdk = request.path.rpartition("/")[2].startswith("array")
    return HttpAnswer(200, SCRIPT_IS_ELSEWHERE if is_the_sdk else b"", _SCRIPT)


def _segment_settings(request: HttpRequest) -> HttpAnswer:
    key = request.path.removeprefix("/v1/projects/").removesuffix("/settings")
    return json_answer(200, {"integrations": {"Segment.io": {"apiKey": key}}, "plan": {}})


def _parse(_request: HttpRequest) -> ParsedRequest:
    return ParsedRequest(None, None, 0)


def _decode(_request: HttpRequest, _parsed: ParsedRequest) -> DecodedEvents:
    return DecodedEvents()
