// A libp2p peer on go-libp2p, with the command line that all peers of `cargo xtask interop` share.
//
// `listen` prints `listening ADDRESS` lines and serves ping, identify and echo until its stdin closes.
// `dial ADDRESS` connects, identifies, pings five times, echoes 1 MiB, and prints one JSON object.
// `edges ADDRESS` opens streams that end in unusual ways, and prints what came of each.
// `survive ADDRESS` tells what became of a connection whose peer is killed, and connects again when told to.
// `unified-test` is the application of libp2p's own cross-implementation transport test, which is told what to do by
// its environment.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
)

const usage = `usage:
  listen [--transport quic|tcp] [--security noise|tls] [--key ed25519|secp256k1|ecdsa|rsa] [--port N] [--seed N]
  dial ADDRESS [--transport …] [--security …] [--key …]
  edges ADDRESS [--transport …] [--security …]
  survive ADDRESS [--transport …] [--security …]
  unified-test
  version`

// dialers are the commands that take an address.
var dialers = map[string]func(string, options) error{"dial": dial, "edges": edges, "survive": survive}

func main() {
	if err := run(os.Args[1:]); err != nil {
		if !errors.Is(err, errReported) {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) == 0 {
		return errors.New(usage)
	}
	command, rest := arguments[0], arguments[1:]
	switch command {
	case "listen":
		options, err := parseOptions(rest)
		if err != nil {
			return err
		}
		return listen(options)
	case "dial", "edges", "survive":
		if len(rest) == 0 {
			return errors.New(usage)
		}
		options, err := parseOptions(rest[1:])
		if err != nil {
			return err
		}
		return dialers[command](rest[0], options)
	case "unified-test":
		return unifiedTest()
	case "version":
		fmt.Println(implementation, version())
		return nil
	default:
		return errors.New(usage)
	}
}

// options are what every command that opens sockets takes.
type options struct {
	transport string
	security  string
	key       string
	port      uint
	seed      uint
}

func parseOptions(arguments []string) (options, error) {
	var parsed options
	set := flag.NewFlagSet("interop-go", flag.ContinueOnError)
	set.StringVar(&parsed.transport, "transport", "quic", "quic or tcp: what carries the connection")
	set.StringVar(&parsed.security, "security", "noise", "noise or tls: what secures it over TCP")
	set.StringVar(&parsed.key, "key", "ed25519", "ed25519, secp256k1, ecdsa or rsa: the identity, made anew")
	set.UintVar(&parsed.port, "port", 0, "where to listen; 0 lets the system choose")
	set.UintVar(&parsed.seed, "seed", 0, "makes the same Ed25519 identity each time")
	if err := set.Parse(arguments); err != nil {
		return options{}, err
	}
	if set.NArg() > 0 {
		return options{}, fmt.Errorf("unexpected argument %q", set.Arg(0))
	}
	return parsed, nil
}
