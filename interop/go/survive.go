package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
)

const (
	pause = 10 * time.Millisecond
	block = 64 * 1024
	// This much has come back when the transfer counts as being under way.
	underWay = 1024 * 1024
	// Longer than any idle timeout, so that a connection that stands in the way shows as time.
	reconnectLimit = 60 * time.Second
)

// survive prints `transferring` once a mebibyte has come back and more is on its way in both directions, what ended the
// transfer, and for each line of stdin how long a new connection took.
func survive(address string, options options) error {
	remote, err := peer.AddrInfoFromString(address)
	if err != nil {
		return err
	}
	host, err := newHost(options)
	if err != nil {
		return err
	}
	defer host.Close()
	ctx, cancel := context.WithTimeout(context.Background(), timeLimit)
	defer cancel()
	stream, err := connectAndExchange(ctx, host, *remote)
	if err != nil {
		return err
	}
	go transfer(stream)
	for commands := bufio.NewScanner(os.Stdin); commands.Scan(); {
		started := time.Now()
		attempts, err := reconnect(host, *remote)
		if err != nil {
			return err
		}
		tell(map[string]any{"event": "reconnected", "ms": time.Since(started).Milliseconds(), "attempts": attempts})
	}
	return nil
}

// transfer sends and receives without a pause until either fails.
func transfer(stream network.Stream) {
	failures := make(chan error, 2)
	go func() {
		bytes := make([]byte, block)
		for {
			if _, err := stream.Write(bytes); err != nil {
				failures <- err
				return
			}
		}
	}()
	go func() {
		missing := underWay
		for bytes := make([]byte, block); ; {
			length, err := stream.Read(bytes)
			if err != nil {
				failures <- err
				return
			}
			if missing > 0 {
				if missing -= length; missing <= 0 {
					fmt.Println("transferring")
				}
			}
		}
	}()
	tell(map[string]any{"event": "lost", "why": (<-failures).Error()})
}

// reconnect connects and echoes, again and again until that works. It returns how often it was tried.
func reconnect(host host.Host, remote peer.AddrInfo) (int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), reconnectLimit)
	defer cancel()
	for attempts := 1; ; attempts++ {
		stream, err := connectAndExchange(ctx, host, remote)
		if err == nil {
			return attempts, stream.Reset()
		}
		if ctx.Err() != nil {
			return attempts, fmt.Errorf("no connection within the limit: %w", err)
		}
		fmt.Fprintf(os.Stderr, "attempt %d: %v\n", attempts, err)
		time.Sleep(pause)
	}
}

func connectAndExchange(ctx context.Context, host host.Host, remote peer.AddrInfo) (network.Stream, error) {
	if err := host.Connect(ctx, remote); err != nil {
		return nil, err
	}
	stream, err := host.NewStream(ctx, remote.ID, echoProtocol)
	if err != nil {
		return nil, err
	}
	if err := exchange(stream); err != nil {
		stream.Reset()
		return nil, err
	}
	return stream, nil
}

func exchange(stream network.Stream) error {
	bytes := make([]byte, 1000)
	if _, err := stream.Write(bytes); err != nil {
		return err
	}
	_, err := io.ReadFull(stream, bytes)
	return err
}

func tell(event map[string]any) {
	line, err := json.Marshal(event)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}
