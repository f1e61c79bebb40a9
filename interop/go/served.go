package main

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/protocol"
)

// What every peer serves for `edges`; README.md has the list with what each does.
const (
	lateProtocol  protocol.ID = "/interop/late/1.0.0"
	watchProtocol protocol.ID = "/interop/watch/1.0.0"
	holdProtocol  protocol.ID = "/interop/hold/1.0.0"
	seenProtocol  protocol.ID = "/interop/seen/1.0.0"
	resetProtocol protocol.ID = "/interop/reset/1.0.0"
)

// served remembers how the last watched stream ended.
type served struct {
	mutex sync.Mutex
	seen  string
}

func serve(host host.Host) {
	served := &served{seen: "nothing yet"}
	host.SetStreamHandler(echoProtocol, copyBack)
	host.SetStreamHandler(lateProtocol, late)
	host.SetStreamHandler(watchProtocol, served.watch)
	host.SetStreamHandler(holdProtocol, served.hold)
	host.SetStreamHandler(seenProtocol, served.tell)
	host.SetStreamHandler(resetProtocol, func(stream network.Stream) {
		stream.Read(make([]byte, 1))
		stream.Reset()
	})
}

func late(stream network.Stream) {
	received, err := io.Copy(io.Discard, stream)
	if err != nil {
		stream.Reset()
		return
	}
	fmt.Fprint(stream, received)
	stream.Close()
}

func (served *served) watch(stream network.Stream) {
	fmt.Fprint(stream, "hello")
	stream.CloseWrite()
	served.rememberEnd(stream)
}

func (served *served) hold(stream network.Stream) {
	fmt.Fprint(stream, "hello")
	served.rememberEnd(stream)
}

func (served *served) rememberEnd(stream network.Stream) {
	received, err := io.Copy(io.Discard, stream)
	ended := fmt.Sprint("end ", received)
	switch {
	case errors.Is(err, network.ErrReset):
		ended = "reset"
	case err != nil:
		ended = err.Error()
	}
	served.mutex.Lock()
	defer served.mutex.Unlock()
	served.seen = ended
	stream.Close()
}

func (served *served) tell(stream network.Stream) {
	served.mutex.Lock()
	defer served.mutex.Unlock()
	fmt.Fprint(stream, served.seen)
	stream.Close()
}
