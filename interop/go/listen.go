package main

import (
	"fmt"
	"io"
	"os"
)

// listen serves on loopback, prints the addresses, and ends when stdin closes.
func listen(options options) error {
	host, err := newHost(options, listenAddress(options))
	if err != nil {
		return err
	}
	defer host.Close()
	serve(host)
	for _, address := range host.Network().ListenAddresses() {
		fmt.Printf("listening %s/p2p/%s\n", address, host.ID())
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
