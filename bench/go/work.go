package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/protocol"
)

// The first byte of a stream says what is wanted, as in `src/work.rs`.
const (
	// Answer with this byte.
	answer byte = 1
	// Read a length, send that many bytes.
	download byte = 2
	// Read a length, then that many bytes, then answer with one.
	upload byte = 3
)

const (
	protocolName protocol.ID = "/bench/1.0.0"
	// chunk is what one read or write moves at most.
	chunk = 64 * 1024
)

// serveStream serves one stream.
func serveStream(stream network.Stream) {
	if err := answerStream(stream); err != nil {
		stream.Reset()
		return
	}
	stream.CloseWrite()
	io.Copy(io.Discard, stream)
	stream.Close()
}

func answerStream(stream network.Stream) error {
	operation := make([]byte, 1)
	if _, err := io.ReadFull(stream, operation); err != nil {
		return err
	}
	switch operation[0] {
	case answer:
		_, err := stream.Write(operation)
		return err
	case download:
		length, err := readLength(stream)
		if err != nil {
			return err
		}
		return send(stream, length)
	case upload:
		length, err := readLength(stream)
		if err != nil {
			return err
		}
		if err := receive(stream, length); err != nil {
			return err
		}
		_, err = stream.Write([]byte{1})
		return err
	default:
		return fmt.Errorf("operation %d is unknown", operation[0])
	}
}

// request sends one byte on a new stream, and waits for one byte and the end.
func (client *client) request(ctx context.Context) error {
	stream, err := client.open(ctx)
	if err != nil {
		return err
	}
	defer stream.Close()
	if deadline, ok := ctx.Deadline(); ok {
		stream.SetDeadline(deadline)
	}
	if _, err := stream.Write([]byte{answer}); err != nil {
		return err
	}
	if err := stream.CloseWrite(); err != nil {
		return err
	}
	return expect(stream)
}

func (client *client) download(ctx context.Context, length uint64) error {
	stream, err := client.open(ctx)
	if err != nil {
		return err
	}
	defer stream.Close()
	if _, err := stream.Write(header(download, length)); err != nil {
		return err
	}
	if err := stream.CloseWrite(); err != nil {
		return err
	}
	if err := receive(stream, length); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, stream)
	return err
}

func (client *client) upload(ctx context.Context, length uint64) error {
	stream, err := client.open(ctx)
	if err != nil {
		return err
	}
	defer stream.Close()
	if _, err := stream.Write(header(upload, length)); err != nil {
		return err
	}
	if err := send(stream, length); err != nil {
		return err
	}
	if err := stream.CloseWrite(); err != nil {
		return err
	}
	return expect(stream)
}

// expect reads one byte and the end.
func expect(stream network.Stream) error {
	reader := bufio.NewReaderSize(stream, 16)
	if _, err := reader.ReadByte(); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, reader)
	return err
}

func send(stream network.Stream, length uint64) error {
	payload := make([]byte, chunk)
	for index := range payload {
		payload[index] = 0x5a
	}
	for length > 0 {
		now := min(length, chunk)
		if _, err := stream.Write(payload[:now]); err != nil {
			return err
		}
		length -= now
	}
	return nil
}

func receive(stream network.Stream, length uint64) error {
	buffer := make([]byte, chunk)
	for length > 0 {
		count, err := stream.Read(buffer[:min(length, chunk)])
		length -= uint64(count)
		if err != nil && length > 0 {
			return fmt.Errorf("%d bytes are missing: %w", length, err)
		}
	}
	return nil
}

func readLength(stream network.Stream) (uint64, error) {
	length := make([]byte, 8)
	_, err := io.ReadFull(stream, length)
	return binary.LittleEndian.Uint64(length), err
}

func header(operation byte, length uint64) []byte {
	return binary.LittleEndian.AppendUint64([]byte{operation}, length)
}
