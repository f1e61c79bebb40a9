package main

import (
	"fmt"
	"runtime/debug"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	libp2ptls "github.com/libp2p/go-libp2p/p2p/security/tls"
	libp2pquic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
)

const (
	implementation = "go-libp2p"
	module         = "github.com/libp2p/go-libp2p"
)

// newHost makes a host that speaks the one stack that the options name, and listens on `addresses`.
func newHost(options options, addresses ...string) (host.Host, error) {
	key, err := generateKey(options)
	if err != nil {
		return nil, err
	}
	stack, err := stack(options)
	if err != nil {
		return nil, err
	}
	listening := libp2p.ListenAddrStrings(addresses...)
	if len(addresses) == 0 {
		listening = libp2p.NoListenAddrs
	}
	return libp2p.New(
		libp2p.Identity(key),
		libp2p.UserAgent(implementation+"/"+version()),
		libp2p.ProtocolVersion("/interop/1.0.0"),
		libp2p.DisableRelay(),
		libp2p.DisableMetrics(),
		// The default takes 64 streams of one protocol from one peer.
		libp2p.ResourceManager(&network.NullResourceManager{}),
		listening,
		stack,
	)
}

func stack(options options) (libp2p.Option, error) {
	switch {
	case options.transport == "quic":
		return libp2p.Transport(libp2pquic.NewTransport), nil
	case options.transport == "tcp" && options.security == "noise":
		return overTCP(libp2p.Security(noise.ID, noise.New)), nil
	case options.transport == "tcp" && options.security == "tls":
		return overTCP(libp2p.Security(libp2ptls.ID, libp2ptls.New)), nil
	default:
		return nil, fmt.Errorf("no stack of %q and %q", options.transport, options.security)
	}
}

func overTCP(security libp2p.Option) libp2p.Option {
	return libp2p.ChainOptions(
		libp2p.Transport(tcp.NewTCPTransport),
		security,
		libp2p.Muxer(yamux.ID, yamux.DefaultTransport),
	)
}

// listenAddress returns a loopback address, on which the system chooses the port unless the options do.
func listenAddress(options options) string {
	if options.transport == "tcp" {
		return fmt.Sprintf("/ip4/127.0.0.1/tcp/%d", options.port)
	}
	return fmt.Sprintf("/ip4/127.0.0.1/udp/%d/quic-v1", options.port)
}

// version returns the version of go-libp2p that go.sum pins, as it was built in.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "of unknown version"
	}
	for _, dependency := range info.Deps {
		if dependency.Path == module {
			return dependency.Version[1:]
		}
	}
	return "of unknown version"
}
