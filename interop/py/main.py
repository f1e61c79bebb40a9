"""A libp2p peer on py-libp2p, with the command line that all peers of `cargo xtask interop` share.

`listen` prints `listening ADDRESS` lines and serves ping, identify and echo until its stdin closes.
`dial ADDRESS` connects, identifies, pings five times, echoes 1 MiB, and prints one JSON object.
`edges ADDRESS` opens streams that end in unusual ways, and prints what came of each.
`survive ADDRESS` tells what became of a connection whose peer is killed, and connects again when told to.
"""

import argparse
import json
import sys

import trio

import dial
import edges
import host
import listen
import survive


def main() -> int:
    arguments = parse()
    if arguments.command == "listen":
        trio.run(listen.run, arguments)
        return 0
    if arguments.command == "survive":
        trio.run(survive.run, arguments.address, arguments)
        return 0
    if arguments.command in ("dial", "edges"):
        command = dial if arguments.command == "dial" else edges
        report = trio.run(command.run, arguments.address, arguments)
        print(json.dumps(report))
        return 0 if report["ok"] else 1
    print(host.IMPLEMENTATION, host.VERSION)
    return 0


def parse() -> argparse.Namespace:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--transport", choices=["quic", "tcp"], default="quic")
    options.add_argument("--security", choices=["noise", "tls"], default="noise")
    options.add_argument("--key", choices=list(host.KEY_TYPES), default="ed25519")
    # Where to listen; 0 lets the system choose.
    options.add_argument("--port", type=int, default=0)
    # Makes the same Ed25519 identity each time.
    options.add_argument("--seed", type=int)
    parser = argparse.ArgumentParser(prog="interop-py")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("listen", parents=[options])
    for command in ("dial", "edges", "survive"):
        commands.add_parser(command, parents=[options]).add_argument("address")
    commands.add_parser("version")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
