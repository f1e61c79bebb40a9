package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/protocol/ping"
	"github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
	"github.com/redis/go-redis/v9"
)

// task is what the environment asks for. Its current form is in upper case, and the legacy one in lower case.
type task struct {
	isLegacy bool
	isDialer bool
	// The name of the list that holds the listener's address.
	key       string
	ip        string
	options   options
	timeLimit time.Duration
}

// unifiedTest is this peer as the application of libp2p's own cross-implementation transport test.
func unifiedTest() error {
	task, err := readTask()
	if err != nil {
		return err
	}
	store := redis.NewClient(&redis.Options{Addr: task.variable("REDIS_ADDR", "redis_addr", "redis:6379")})
	defer store.Close()
	ctx, cancel := context.WithTimeout(context.Background(), task.timeLimit)
	defer cancel()
	if task.isDialer {
		return task.dial(ctx, store)
	}
	return task.listen(ctx, store)
}

func readTask() (task, error) {
	_, isCurrent := os.LookupEnv("IS_DIALER")
	task := task{isLegacy: !isCurrent, key: "listenerAddr"}
	if isCurrent {
		task.key = os.Getenv("TEST_KEY") + "_listener_multiaddr"
	}
	task.isDialer = task.variable("IS_DIALER", "is_dialer", "") == "true"
	task.ip = task.variable("LISTENER_IP", "ip", "0.0.0.0")
	seconds := task.variable("TEST_TIMEOUT_SECS", "test_timeout_seconds", "180")
	limit, err := strconv.Atoi(seconds)
	if err != nil {
		return task, err
	}
	task.timeLimit = time.Duration(limit) * time.Second
	task.options = options{
		transport: task.variable("TRANSPORT", "transport", ""),
		security:  task.variable("SECURE_CHANNEL", "security", ""),
		key:       "ed25519",
	}
	if task.options.transport == "quic-v1" {
		task.options.transport = "quic"
	} else if muxer := task.variable("MUXER", "muxer", ""); muxer != "yamux" {
		return task, fmt.Errorf("no multiplexer %q", muxer)
	}
	return task, nil
}

func (task *task) variable(current, legacy, otherwise string) string {
	name := current
	if task.isLegacy {
		name = legacy
	}
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

// listen hands its address over, and serves until somebody ends the process.
func (task *task) listen(ctx context.Context, store *redis.Client) error {
	address := "/ip4/" + task.ip + "/udp/0/quic-v1"
	if task.options.transport == "tcp" {
		address = "/ip4/" + task.ip + "/tcp/0"
	}
	host, err := newHost(task.options, address)
	if err != nil {
		return err
	}
	defer host.Close()
	published, err := reachable(host)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "listening on", published)
	if err := store.RPush(ctx, task.key, published.String()).Err(); err != nil {
		return err
	}
	<-ctx.Done()
	return ctx.Err()
}

// reachable returns an address of the host that is not of loopback, where there is one.
func reachable(host host.Host) (multiaddr.Multiaddr, error) {
	addresses, err := peer.AddrInfoToP2pAddrs(&peer.AddrInfo{ID: host.ID(), Addrs: host.Addrs()})
	if err != nil {
		return nil, err
	}
	for _, address := range addresses {
		if !manet.IsIPLoopback(address) {
			return address, nil
		}
	}
	if len(addresses) == 0 {
		return nil, errors.New("there is no address to hand over")
	}
	return addresses[0], nil
}

// dial takes the listener's address, and reports how long connecting and one ping took.
func (task *task) dial(ctx context.Context, store *redis.Client) error {
	popped, err := store.BLPop(ctx, task.timeLimit, task.key).Result()
	if err != nil {
		return err
	}
	remote, err := peer.AddrInfoFromString(popped[1])
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "dialing", popped[1])
	host, err := newHost(task.options)
	if err != nil {
		return err
	}
	defer host.Close()
	started := time.Now()
	if err := host.Connect(ctx, *remote); err != nil {
		return err
	}
	result := <-ping.Ping(ctx, host, remote.ID)
	if result.Error != nil {
		return result.Error
	}
	both, once := milliseconds(time.Since(started)), milliseconds(result.RTT)
	if task.isLegacy {
		fmt.Printf("{\"handshakePlusOneRTTMillis\": %.3f, \"pingRTTMilllis\": %.3f}\n", both, once)
	} else {
		fmt.Printf("latency:\n  handshake_plus_one_rtt: %.3f\n  ping_rtt: %.3f\n  unit: ms\n", both, once)
	}
	return nil
}
