"""Names and addresses inside are found; regions, products and versions are left alone."""

from __future__ import annotations

import pytest
from tests.domain.lint.remarks import level_of, words_of

from oncall_tui.domain.lint.model import Level, Tuning, Words


@pytest.mark.parametrize(
    "name",
    [
        "db-prod-03", "prod-db-1", "web01", "db-01", "k8s-prod-node-7", "redis-master-02", "api-gateway-prod-2",
        "prodweb12", "payments-db-prod", "kafka-staging-3", "DB-PROD-03", "ip-10-0-12-7", "i-0abcd1234ef567890",
        "checkout-7f9c6d5b8-x2x4q", "db.internal", "payments.svc", "printer.local", "vpn.corp", "wiki.intranet",
        "nas.lan", "api.prod.internal", "redis.default.svc.cluster.local", "ip-10-0-0-1.ec2.internal",
        "shop.home.arpa", "worker-17", "app-server-12", "kafka-broker-3", "es-data-7", "db-primary",
        "mysql-replica-2", "db3.corp.example.com",
    ],
)  # fmt: skip
def test_a_host_of_ours_blocks(name: str) -> None:
    body = f"The machine {name} ran out of memory."
    assert words_of("JR001", body) == [name]
    assert level_of("JR001", body) is Level.BLOCK


@pytest.mark.parametrize("around", ["({})", "`{}`", "'{}'.", "{}, and others", "on {}: errors", "**{}**"])
def test_a_host_is_found_whatever_stands_around_it(around: str) -> None:
    assert words_of("JR001", f"Failed on {around.format('db-prod-03')}") == ["db-prod-03"]


@pytest.mark.parametrize(
    "text",
    [
        "Errors in us-east-1, eu-west-2b, ap-southeast-2, europe-west1, us-central1-a, ams3, nyc1 and sfo2.",
        "GovCloud us-gov-west-1, cn-north-1, use1-az4 and westeurope are slow.",
        "Models gpt-4, gpt-4o-mini-2024-07-18, claude-3-5-sonnet-20241022 and llama-3-70b fail.",
        "Node-18, python-3.11, mysql-8, postgres-14, redis-7 and ubuntu-22-04 images fail.",
        "The web-based app, the end-to-end tests and the real-time API are slow.",
        "HTTP-2, TLS-1, sha-256, utf-8, covid-19, ipv6 and ec2 work.",
        "Pre-production and non-production accounts, and production-ready apps, are not affected.",
        "Visit status.example.com, app.example.com, api-2.example.com and eu1.example.com.",
        "Instances NA44, EU12 and CS7, pods 14 and 23, cluster 4.", "Sign in at https://web01.example.com/help.",
        "The metadata server metadata.google.internal answers slowly.",
        "Internal. Local numbers work. See corp. policy.", "error API-001 and code DB-01 are shown",
        "the incident 9b2f1a52-7c1e-4b1c-9f0a-6f2d8f1c2e3d", "Call 1-800-555-01 now; 2024-01-05 and 10-12 hours.",
        "The web-server, the load-balancer, the api-gateway and a redis-cluster are slow.",
        "mail@web01.example.com", "Mail servers mx01.mail.example.com and ns-02.example.org answer.",
    ],
)  # fmt: skip
def test_regions_products_and_public_names_pass(text: str) -> None:
    assert words_of("JR001", text) == []


def test_a_team_says_which_names_are_private_and_which_are_not() -> None:
    words = Words(
        private_hosts=("*.int.example.com", "shop-*"),
        public_hosts=("files-01.example.com", "web02"),
        regions=("prod-db-eu1",),
    )
    tuning = Tuning(words=words)
    assert words_of("JR001", "a.int.example.com and shop-front and Workshop-ers", tuning=tuning) == [
        "a.int.example.com",
        "shop-front",
    ]
    assert words_of("JR001", "web02 and prod-db-eu1 are known", tuning=tuning) == []
    assert words_of("JR001", "web02 and prod-db-eu1 are known") == ["web02", "prod-db-eu1"]


@pytest.mark.parametrize(
    "address", ["10.0.0.12", "192.168.1.1", "172.16.5.4", "172.31.255.1", "10.1.0.0/16", "fd12:3456::1", "fc00::2"]
)
def test_a_private_address_blocks(address: str) -> None:
    assert words_of("JR002", f"Traffic to {address} fails.") == [address]
    assert level_of("JR002", f"Traffic to {address} fails.") is Level.BLOCK
    assert words_of("JR003", f"Traffic to {address} fails.") == []


@pytest.mark.parametrize(
    "text",
    [
        "172.15.0.1 and 172.32.0.1", "iOS 10.3.1, at 10.30", "any of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16",
        "11.0.0.1", "999.10.0.1", "from 10:00 to 11:00", "std::vector and a::b",
    ],
)  # fmt: skip
def test_what_is_no_private_address_passes(text: str) -> None:
    assert words_of("JR002", text) == []


def test_public_addresses_are_told_unless_they_are_meant() -> None:
    assert words_of("JR003", "Our gateway 34.117.59.81 is down.") == ["34.117.59.81"]
    assert level_of("JR003", "Our gateway 34.117.59.81 is down.") is Level.WARN
    assert words_of("JR003", "Use 1.1.1.1 or 8.8.8.8, or 2606:4700:4700::1111/64.") == []
    assert words_of("JR003", "Version 3.4.0.1 and the 23.45.67.89 release, 127.0.0.1, 203.0.113.7") == []
    tuning = Tuning(words=Words(public_hosts=("34.117.59.*",)))
    assert words_of("JR003", "Our gateway 34.117.59.81 is down.", tuning=tuning) == []
