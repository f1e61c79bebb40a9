package main

import (
	"context"
	"fmt"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	libp2ptls "github.com/libp2p/go-libp2p/p2p/security/tls"
	libp2pquic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
)

// newHost makes a host as `libp2p.New` does, with one stack. Identify belongs to it and cannot be turned off.
func newHost(system string, listens bool) (host.Host, error) {
	stack, address, err := stack(system)
	if err != nil {
		return nil, err
	}
	listening := libp2p.NoListenAddrs
	if listens {
		listening = libp2p.ListenAddrStrings(address)
	}
	return libp2p.New(
		libp2p.DisableRelay(),
		libp2p.DisableMetrics(),
		// The default takes 64 streams of one protocol from one peer.
		libp2p.ResourceManager(&network.NullResourceManager{}),
		listening,
		stack,
	)
}

func stack(system string) (libp2p.Option, string, error) {
	switch system {
	case "go-quic":
		return libp2p.Transport(libp2pquic.NewTransport), "/ip4/127.0.0.1/udp/0/quic-v1", nil
	case "go-tcp-noise":
		return overTCP(libp2p.Security(noise.ID, noise.New)), "/ip4/127.0.0.1/tcp/0", nil
	case "go-tcp-tls":
		return overTCP(libp2p.Security(libp2ptls.ID, libp2ptls.New)), "/ip4/127.0.0.1/tcp/0", nil
	default:
		return nil, "", fmt.Errorf("no system %q", system)
	}
}

func overTCP(security libp2p.Option) libp2p.Option {
	return libp2p.ChainOptions(
		libp2p.Transport(tcp.NewTCPTransport),
		security,
		libp2p.Muxer(yamux.ID, yamux.DefaultTransport),
	)
}

func serve(system string) error {
	host, err := newHost(system, true)
	if err != nil {
		return err
	}
	host.SetStreamHandler(protocolName, serveStream)
	addresses, err := peer.AddrInfoToP2pAddrs(&peer.AddrInfo{ID: host.ID(), Addrs: host.Addrs()})
	if err != nil {
		return err
	}
	fmt.Println("ready", addresses[0])
	select {}
}

// client is a host that knows its server.
type client struct {
	host   host.Host
	server peer.AddrInfo
}

func newClient(system, server string) (*client, error) {
	info, err := peer.AddrInfoFromString(server)
	if err != nil {
		return nil, err
	}
	host, err := newHost(system, false)
	if err != nil {
		return nil, err
	}
	return &client{host, *info}, nil
}

func (client *client) connect(ctx context.Context) error {
	return client.host.Connect(ctx, client.server)
}

func (client *client) disconnect() error {
	return client.host.Network().ClosePeer(client.server.ID)
}

func (client *client) open(ctx context.Context) (network.Stream, error) {
	return client.host.NewStream(ctx, client.server.ID, protocolName)
}
