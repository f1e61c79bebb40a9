"""The host, the same for both roles."""

from importlib.metadata import version

from libp2p import new_host
from libp2p.crypto.ed25519 import create_new_key_pair as ed25519
from libp2p.crypto.rsa import create_new_key_pair as rsa
from libp2p.crypto.secp256k1 import create_new_key_pair as secp256k1
from libp2p.crypto.x25519 import create_new_key_pair as x25519
from libp2p.security.noise.transport import PROTOCOL_ID as NOISE, Transport as Noise
from libp2p.security.tls.transport import PROTOCOL_ID as TLS, TLSTransport

IMPLEMENTATION = "py-libp2p"
# The version that is installed, which is the one that requirements.txt names.
VERSION = version("libp2p")
KEY_TYPES = {"ed25519": ed25519, "secp256k1": secp256k1, "rsa": rsa}


def new(options):
    """Makes a host that speaks the one stack that the options name."""
    key = ed25519(bytes([options.seed]) * 32) if options.seed else KEY_TYPES[options.key]()
    if options.transport == "quic":
        return new_host(key_pair=key, enable_quic=True, enable_tcp=False)
    return new_host(key_pair=key, sec_opt=security(options.security, key))


def security(name, key):
    if name == "tls":
        return {TLS: TLSTransport(key)}
    return {NOISE: Noise(key, noise_privkey=x25519().private_key)}
