package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/multiformats/go-multistream"
)

const (
	streams = 200
	payload = 1024
	// Far more than any case takes.
	caseLimit    = 10 * time.Second
	seenTries    = 100
	seenInterval = 20 * time.Millisecond
)

// cases are streams that end in unusual ways, tried on a peer that serves what `served` lists.
type cases struct {
	host   host.Host
	remote peer.ID
}

// edges tries every case over one connection, and prints for each `null`, or what went wrong.
func edges(address string, options options) error {
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
	if err := host.Connect(ctx, *remote); err != nil {
		return err
	}
	outcomes := cases{host, remote.ID}.all(ctx)
	ok := true
	for _, outcome := range outcomes {
		ok = ok && outcome == nil
	}
	line, err := json.Marshal(map[string]any{"ok": ok, "cases": outcomes})
	if err != nil {
		return err
	}
	fmt.Println(string(line))
	if !ok {
		return errReported
	}
	return nil
}

func (cases cases) all(ctx context.Context) map[string]*string {
	outcomes := map[string]*string{}
	for name, try := range map[string]func(context.Context) error{
		"unserved protocol":   cases.unserved,
		"200 streams":         cases.manyStreams,
		"dialer ends first":   cases.dialerEndsFirst,
		"listener ends first": cases.listenerEndsFirst,
		"dialer resets":       cases.dialerResets,
		"listener resets":     cases.listenerResets,
	} {
		ctx, cancel := context.WithTimeout(ctx, caseLimit)
		outcomes[name] = nil
		if err := try(ctx); err != nil {
			text := err.Error()
			outcomes[name] = &text
		}
		cancel()
	}
	return outcomes
}

// unserved opens a protocol that the listener does not serve: we are told so, and the connection lives on.
func (cases cases) unserved(ctx context.Context) error {
	_, err := cases.open(ctx, "/interop/nobody-serves-this/1.0.0")
	if !errors.As(err, &multistream.ErrNotSupported[protocol.ID]{}) {
		return fmt.Errorf("not refused but: %v", err)
	}
	stream, err := cases.open(ctx, echoProtocol)
	if err != nil {
		return err
	}
	defer stream.Reset()
	fmt.Fprint(stream, "still here")
	stream.CloseWrite()
	return expectText(stream, "still here")
}

// manyStreams opens all of them before the first of them ends.
func (cases cases) manyStreams(ctx context.Context) error {
	var opened []network.Stream
	for range streams {
		stream, err := cases.open(ctx, echoProtocol)
		if err != nil {
			return err
		}
		defer stream.Reset()
		opened = append(opened, stream)
	}
	for number, stream := range opened {
		if _, err := stream.Write(payloadOf(number)); err != nil {
			return err
		}
	}
	received := make([]byte, payload)
	for number, stream := range opened {
		if _, err := io.ReadFull(stream, received); err != nil {
			return err
		}
		if !bytes.Equal(received, payloadOf(number)) {
			return fmt.Errorf("stream %d came back changed", number)
		}
	}
	for _, stream := range opened {
		if err := stream.CloseWrite(); err != nil {
			return err
		}
		if err := expectText(stream, ""); err != nil {
			return err
		}
	}
	return nil
}

// dialerEndsFirst ends our side; the listener, who waited for that, still answers.
func (cases cases) dialerEndsFirst(ctx context.Context) error {
	stream, err := cases.open(ctx, lateProtocol)
	if err != nil {
		return err
	}
	defer stream.Reset()
	if _, err := stream.Write(make([]byte, 100_000)); err != nil {
		return err
	}
	if err := stream.CloseWrite(); err != nil {
		return err
	}
	return expectText(stream, "100000")
}

// listenerEndsFirst reads the listener's side to its end; what we send after that still arrives.
func (cases cases) listenerEndsFirst(ctx context.Context) error {
	stream, err := cases.open(ctx, watchProtocol)
	if err != nil {
		return err
	}
	defer stream.Reset()
	if err := expectText(stream, "hello"); err != nil {
		return err
	}
	if _, err := stream.Write(make([]byte, 100_000)); err != nil {
		return err
	}
	if err := stream.Close(); err != nil {
		return err
	}
	return cases.seen(ctx, "end 100000")
}

// dialerResets resets in the middle; the listener must not take that for an end.
func (cases cases) dialerResets(ctx context.Context) error {
	stream, err := cases.open(ctx, holdProtocol)
	if err != nil {
		return err
	}
	defer stream.Reset()
	hello := make([]byte, 5)
	if _, err := io.ReadFull(stream, hello); err != nil {
		return err
	}
	if string(hello) != "hello" {
		return fmt.Errorf("%q came, not \"hello\"", hello)
	}
	if _, err := stream.Write(make([]byte, 1000)); err != nil {
		return err
	}
	if err := stream.Reset(); err != nil {
		return err
	}
	return cases.seen(ctx, "reset")
}

// listenerResets is reset by the listener; we must not take that for an end.
func (cases cases) listenerResets(ctx context.Context) error {
	stream, err := cases.open(ctx, resetProtocol)
	if err != nil {
		return err
	}
	defer stream.Reset()
	if _, err := stream.Write([]byte{7}); err != nil {
		return err
	}
	if _, err := stream.Read(make([]byte, 1)); !errors.Is(err, network.ErrReset) {
		return fmt.Errorf("not reset but: %v", err)
	}
	return nil
}

// open makes a stream on which nothing waits for ever.
func (cases cases) open(ctx context.Context, protocol protocol.ID) (network.Stream, error) {
	stream, err := cases.host.NewStream(ctx, cases.remote, protocol)
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		stream.SetDeadline(deadline)
	}
	return stream, nil
}

// seen asks until the listener saw its watched stream end like this; it may not have happened yet.
func (cases cases) seen(ctx context.Context, wanted string) error {
	var last []byte
	for range seenTries {
		stream, err := cases.open(ctx, seenProtocol)
		if err != nil {
			return err
		}
		stream.CloseWrite()
		last, err = io.ReadAll(stream)
		if err != nil {
			return err
		}
		if string(last) == wanted {
			return nil
		}
		time.Sleep(seenInterval)
	}
	return fmt.Errorf("the listener saw %q, not %q", last, wanted)
}

func expectText(stream network.Stream, wanted string) error {
	received, err := io.ReadAll(stream)
	if err != nil {
		return err
	}
	if string(received) != wanted {
		return fmt.Errorf("%q came, not %q", received, wanted)
	}
	return nil
}

// payloadOf returns other bytes for each stream.
func payloadOf(number int) []byte {
	return bytes.Repeat([]byte{byte(number), byte(number >> 8)}, payload/2)
}
