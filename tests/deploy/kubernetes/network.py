"""What network policies let through, between pods of ours and peers outside, as Kubernetes says it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple

NAME = "app.kubernetes.io/name"
COMPONENT = "app.kubernetes.io/component"


class Peer(NamedTuple):
    """One end of a connection. labels: None of what is no pod. namespace: None of our own."""

    labels: Mapping[str, str] | None
    namespace: str | None = None
    address: str | None = None


def ours(component: str) -> Peer:
    """A pod of ours."""
    return Peer({NAME: "streamprocessor", COMPONENT: component})


def allows(policies: Iterable[dict[str, Any]], source: Peer, target: Peer, port: int, port_name: str = "") -> bool:
    """Whether a connection from one peer to a port of another gets through; only pods of ours have policies."""
    known = list(policies)
    sides = (("Egress", "egress", "to", source, target), ("Ingress", "ingress", "from", target, source))
    return all(
        _side_allows([policy["spec"] for policy in known], side, other, (port, port_name)) for *side, other in sides
    )


def _side_allows(specs: list[dict[str, Any]], side: list[Any], other: Peer, port: tuple[int, str]) -> bool:
    kind, rules, peers, pod = side
    if pod.labels is None or pod.namespace is not None:
        return True
    concerned = [spec for spec in specs if kind in spec["policyTypes"] and _selects(spec["podSelector"], pod.labels)]
    return not concerned or any(
        any(_is_peer(peer, other) for peer in rule[peers]) and any(_is_port(each, port) for each in rule["ports"])
        for spec in concerned
        for rule in spec.get(rules, ())
    )


def _is_peer(peer: dict[str, Any], other: Peer) -> bool:
    if "ipBlock" in peer:
        return other.address is not None and _is_within(peer["ipBlock"], other.address)
    if other.labels is None:
        return False
    if "namespaceSelector" in peer:
        is_there = _selects(peer["namespaceSelector"], {"kubernetes.io/metadata.name": other.namespace or ""})
    else:
        is_there = other.namespace is None
    return is_there and _selects(peer.get("podSelector", {}), other.labels)


def _is_within(block: dict[str, Any], address: str) -> bool:
    within = ip_address(address) in ip_network(block["cidr"])
    return within and all(ip_address(address) not in ip_network(cidr) for cidr in block.get("except", ()))


def _is_port(rule: dict[str, Any], port: tuple[int, str]) -> bool:
    return rule["port"] in port


def _selects(selector: dict[str, Any], labels: Mapping[str, str]) -> bool:
    return all(labels.get(name) == value for name, value in selector.get("matchLabels", {}).items()) and all(
        labels.get(each["key"]) in each["values"] for each in selector.get("matchExpressions", ())
    )
