"""Which addresses a call may go to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.llm.reach import REFUSALS, Reach, may_reach, reach_of, reach_of_host

OPEN, PRIVATE, NEVER = Reach


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00::1"])
def test_public_addresses_are_anybody_s(address):
    assert reach_of(address) is OPEN


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.255.0.9", "::1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
        *("100.64.0.1", "100.127.255.255", "198.18.0.7", "fc00::1", "fd12:3456::1"),
    ],
)
def test_this_machine_and_its_networks_are_private(address):
    assert reach_of(address) is PRIVATE


@pytest.mark.parametrize(
    "address",
    [
        *("169.254.169.254", "169.254.0.1", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "100.100.100.200"),
        *("168.63.129.16", "fd20:ce::254"),
        *("0.1.2.3", "::", "224.0.0.1", "239.1.2.3", "ff02::1", "240.0.0.1", "255.255.255.255"),
        *("192.0.0.192", "192.0.2.1", "203.0.113.5", "2001:db8::1", "2001::1", "fec0::1", "64:ff9b:1::1", "::8.8.8.8"),
        "100::1",
    ],
)
def test_some_addresses_are_never_called(address):
    assert reach_of(address) is NEVER
    assert not may_reach(reach_of(address), private=True)


@pytest.mark.parametrize("wrap", ["::ffff:{0}", "64:ff9b::{0}"])
@pytest.mark.parametrize(
    ("address", "reach"), [("8.8.8.8", OPEN), ("127.0.0.1", PRIVATE), ("10.1.2.3", PRIVATE), ("169.254.169.254", NEVER)]
)
def test_an_address_in_another_counts_as_itself(wrap, address, reach):
    assert reach_of(wrap.format(address)) is reach


def test_so_it_does_where_packets_are_tunnelled():
    assert reach_of("2002:a9fe:a9fe::1") is NEVER
    assert reach_of("2002:7f00:1::") is PRIVATE
    assert reach_of("2002:0808:0808::1") is OPEN


@given(st.ip_addresses(v=4))
def test_no_wrapping_reaches_further(ip):
    plain = reach_of(str(ip))
    assert reach_of(f"::ffff:{ip}") is reach_of(f"64:ff9b::{ip}") is plain
    if plain is OPEN:
        assert ip.is_global
        assert not ip.is_multicast


@given(st.ip_addresses(v=6))
def test_only_what_is_given_out_is_public(ip):
    if reach_of(str(ip)) is OPEN and ip.ipv4_mapped is None and not str(ip).startswith("64:ff9b::"):
        assert str(ip)[0] in "23"


def test_private_addresses_need_the_owner():
    assert [may_reach(reach, private=False) for reach in Reach] == [True, False, False]
    assert [may_reach(reach, private=True) for reach in Reach] == [True, True, False]


@pytest.mark.parametrize(
    ("host", "reach"),
    [
        *(("localhost", PRIVATE), ("LOCALHOST.", PRIVATE), ("models.localhost", PRIVATE), ("::1", PRIVATE)),
        *(("10.0.0.1", PRIVATE), ("169.254.169.254", NEVER), ("8.8.8.8", OPEN)),
        *(("api.example.com", None), ("localhost.example.com", None), ("2130706433", None), ("", None)),
    ],
)
def test_a_host_that_needs_no_name_server_is_known_at_once(host, reach):
    assert reach_of_host(host) is reach


def test_every_refusal_has_a_sentence():
    assert set(REFUSALS) == {PRIVATE, NEVER}
    assert "TAMIS_PRIVATE_ENDPOINTS=yes" in REFUSALS[PRIVATE]
