package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
)

const echoProtocol protocol.ID = "/echo/1.0.0"

// copyBack sends what arrives, and closes its side at the end of that.
func copyBack(stream network.Stream) {
	if _, err := io.Copy(stream, stream); err != nil {
		fmt.Fprintf(os.Stderr, "echo with %s: %v\n", stream.Conn().RemotePeer(), err)
		stream.Reset()
		return
	}
	stream.Close()
}

// requestEcho sends `length` bytes, half-closes, and compares what comes back. It returns how long that took.
func requestEcho(ctx context.Context, host host.Host, remote peer.ID, length int) (time.Duration, error) {
	stream, err := host.NewStream(ctx, remote, echoProtocol)
	if err != nil {
		return 0, err
	}
	defer stream.Close()
	sent := pattern(length)
	started := time.Now()
	written := make(chan error, 1)
	go func() {
		_, err := stream.Write(sent)
		if err == nil {
			err = stream.CloseWrite()
		}
		written <- err
	}()
	received, err := io.ReadAll(stream)
	if err != nil {
		stream.Reset()
		return 0, err
	}
	if err := <-written; err != nil {
		return 0, err
	}
	if !bytes.Equal(sent, received) {
		return 0, fmt.Errorf("%d bytes were sent, %d came back, and they differ", len(sent), len(received))
	}
	return time.Since(started), nil
}

// pattern returns bytes in which no block equals its neighbours, so that a lost or doubled one is seen.
func pattern(length int) []byte {
	source := rand.NewPCG(1, 2)
	pattern := make([]byte, length)
	for index := range pattern {
		pattern[index] = byte(source.Uint64())
	}
	return pattern
}
