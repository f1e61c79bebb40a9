// go-libp2p under the scenarios of `cargo xtask bench`: the same commands, the same work and the same JSON as the
// Rust program of the folder above, which starts it.
//
// `serve SYSTEM` prints `ready ADDRESS` and serves until it is killed.
// `measure SYSTEM SCENARIO --server ADDRESS --server-pid N` prints one JSON object.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
)

// settings are what both ends agree on. Go has no calls that hand over buffers and no say in socket buffers, so
// that those of `--api` and `--buffers` change nothing.
type settings struct {
	threads   int
	percent   uint64
	server    string
	serverPID int
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) < 2 {
		return errors.New("usage: serve SYSTEM | measure SYSTEM SCENARIO --server ADDRESS --server-pid N")
	}
	command, system, rest := arguments[0], arguments[1], arguments[2:]
	switch command {
	case "serve":
		settings, err := parse(rest)
		if err != nil {
			return err
		}
		runtime.GOMAXPROCS(settings.threads)
		return serve(system)
	case "measure":
		if len(rest) == 0 {
			return errors.New("measure what?")
		}
		settings, err := parse(rest[1:])
		if err != nil {
			return err
		}
		runtime.GOMAXPROCS(settings.threads)
		measured, err := measure(system, rest[0], settings)
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(measured)
	default:
		return fmt.Errorf("no command %q", command)
	}
}

func parse(arguments []string) (settings, error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	scheduler := flags.String("runtime", "mt", "ct for one thread that runs Go, mt for two")
	percent := flags.Uint64("percent", 100, "share of the usual work")
	server := flags.String("server", "", "what the server printed")
	pid := flags.Int("server-pid", 0, "the server's process")
	flags.String("api", "calls", "of no consequence here")
	flags.String("buffers", "default", "of no consequence here")
	flags.Uint64("servers", 1, "of no consequence here: the scenarios with several are not asked for")
	if err := flags.Parse(arguments); err != nil {
		return settings{}, err
	}
	threads := map[string]int{"ct": 1, "mt": 2}[*scheduler]
	if threads == 0 {
		return settings{}, fmt.Errorf("no runtime %q", *scheduler)
	}
	return settings{threads, *percent, *server, *pid}, nil
}

// scaled returns how much of `usual` is to be done.
func (settings settings) scaled(usual uint64) uint64 {
	return max(usual*settings.percent/100, 1)
}
