package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/protocol/ping"
)

const (
	pings     = 5
	echoBytes = 1024 * 1024
	// For everything together. Far more than it takes, and less than the harness waits.
	timeLimit = 30 * time.Second
)

// errReported ends the program with 1 after the report has said why.
var errReported = errors.New("reported")

// report is what is printed: the parts that were reached, and the error that ended it, if one did.
type report struct {
	OK             bool        `json:"ok"`
	Implementation string      `json:"implementation"`
	Version        string      `json:"version"`
	Peer           string      `json:"peer"`
	Connection     *connection `json:"connection"`
	Identify       *identified `json:"identify"`
	PingMs         []float64   `json:"ping_ms"`
	Echo           *echoed     `json:"echo"`
	Error          *string     `json:"error"`
}

// connection is how the layers were agreed on, as this side knows it.
type connection struct {
	Transport  string `json:"transport"`
	Security   string `json:"security"`
	Muxer      string `json:"muxer"`
	EarlyMuxer bool   `json:"early_muxer"`
}

type identified struct {
	Agent           string   `json:"agent"`
	ProtocolVersion string   `json:"protocol_version"`
	Protocols       []string `json:"protocols"`
	ListenAddresses []string `json:"listen_addresses"`
	ObservedAddress string   `json:"observed_address"`
}

type echoed struct {
	Bytes int     `json:"bytes"`
	Ms    float64 `json:"ms"`
}

// dial tries everything on the peer at `address`, and reports how far it came.
func dial(address string, options options) error {
	report := report{Implementation: implementation, Version: version(), PingMs: []float64{}}
	err := attempt(address, options, &report)
	report.OK = err == nil
	if err != nil {
		text := err.Error()
		report.Error = &text
	}
	line, err := json.Marshal(report)
	if err != nil {
		return err
	}
	fmt.Println(string(line))
	if !report.OK {
		return errReported
	}
	return nil
}

func attempt(address string, options options, report *report) error {
	remote, err := peer.AddrInfoFromString(address)
	if err != nil {
		return err
	}
	report.Peer = remote.ID.String()
	host, err := newHost(options)
	if err != nil {
		return err
	}
	defer host.Close()
	ctx, cancel := context.WithTimeout(context.Background(), timeLimit)
	defer cancel()

	identifications, err := host.EventBus().Subscribe(new(event.EvtPeerIdentificationCompleted))
	if err != nil {
		return err
	}
	defer identifications.Close()
	if err := host.Connect(ctx, *remote); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	report.Connection = describe(host.Network().ConnsToPeer(remote.ID))
	if report.Identify, err = identify(ctx, identifications); err != nil {
		return fmt.Errorf("identify: %w", err)
	}
	if err := pingSome(ctx, host, remote.ID, report); err != nil {
		return fmt.Errorf("ping: %w", err)
	}
	elapsed, err := requestEcho(ctx, host, remote.ID, echoBytes)
	if err != nil {
		return fmt.Errorf("echo: %w", err)
	}
	report.Echo = &echoed{Bytes: echoBytes, Ms: milliseconds(elapsed)}
	return nil
}

func describe(connections []network.Conn) *connection {
	if len(connections) == 0 {
		return nil
	}
	state := connections[0].ConnState()
	return &connection{
		Transport:  state.Transport,
		Security:   string(state.Security),
		Muxer:      string(state.StreamMultiplexer),
		EarlyMuxer: state.UsedEarlyMuxerNegotiation,
	}
}

// identify waits for what the host asks every new peer by itself.
func identify(ctx context.Context, identifications event.Subscription) (*identified, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case happened := <-identifications.Out():
		info := happened.(event.EvtPeerIdentificationCompleted)
		identified := identified{
			Agent:           info.AgentVersion,
			ProtocolVersion: info.ProtocolVersion,
			Protocols:       []string{},
			ListenAddresses: []string{},
		}
		for _, protocol := range info.Protocols {
			identified.Protocols = append(identified.Protocols, string(protocol))
		}
		for _, address := range info.ListenAddrs {
			identified.ListenAddresses = append(identified.ListenAddresses, address.String())
		}
		if info.ObservedAddr != nil {
			identified.ObservedAddress = info.ObservedAddr.String()
		}
		return &identified, nil
	}
}

func pingSome(ctx context.Context, host host.Host, remote peer.ID, report *report) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := ping.Ping(ctx, host, remote)
	for len(report.PingMs) < pings {
		result, open := <-results
		if !open {
			return errors.New("no more answers")
		}
		if result.Error != nil {
			return result.Error
		}
		report.PingMs = append(report.PingMs, milliseconds(result.RTT))
	}
	return nil
}

func milliseconds(duration time.Duration) float64 {
	return float64(duration) / float64(time.Millisecond)
}
