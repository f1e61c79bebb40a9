package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	gib = 1 << 30
	// limit is how long a request or a handshake may take before it counts as failed.
	limit = 5 * time.Second
)

// measure runs a scenario after a warm-up of a tenth of it.
func measure(system, scenario string, settings settings) (*measurement, error) {
	switch scenario {
	case "bulk-down":
		return bulk(system, settings, (*client).download, 1)
	case "bulk-up":
		return bulk(system, settings, (*client).upload, 1)
	case "bulk-down8":
		return bulk(system, settings, (*client).download, 8)
	case "requests1":
		return requests(system, settings, 1, settings.scaled(4_000))
	case "requests64":
		return requests(system, settings, 64, settings.scaled(40_000))
	case "handshakes1":
		return handshakes(system, settings, 1, settings.scaled(300))
	case "handshakes32":
		return handshakes(system, settings, 32, settings.scaled(960))
	default:
		return nil, fmt.Errorf("no scenario %q", scenario)
	}
}

// bulk moves 512 MiB on all streams together.
func bulk(
	system string,
	settings settings,
	transfer func(*client, context.Context, uint64) error,
	streams uint64,
) (*measurement, error) {
	client, err := newClient(system, settings.server)
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	if err := client.connect(ctx); err != nil {
		return nil, err
	}
	bytes := settings.scaled(512 << 20)
	all := func(bytes uint64) error {
		return together(streams, func() error { return transfer(client, ctx, bytes/streams) })
	}
	if err := all(bytes / 10); err != nil {
		return nil, err
	}
	meter, err := startMeter(settings.serverPID)
	if err != nil {
		return nil, err
	}
	if err := all(bytes); err != nil {
		return nil, err
	}
	return meter.stop(float64(bytes)/gib, &outcomes{})
}

// requests makes `count` of them, each on a stream of its own.
func requests(system string, settings settings, inFlight, count uint64) (*measurement, error) {
	client, err := newClient(system, settings.server)
	if err != nil {
		return nil, err
	}
	if err := client.connect(context.Background()); err != nil {
		return nil, err
	}
	some := func(count uint64) *outcomes {
		outcomes := &outcomes{}
		var taken atomic.Uint64
		together(inFlight, func() error {
			for taken.Add(1) <= count {
				outcomes.time(client.request)
			}
			return nil
		})
		return outcomes
	}
	some(count / 10)
	meter, err := startMeter(settings.serverPID)
	if err != nil {
		return nil, err
	}
	outcomes := some(count)
	return meter.stop(float64(len(outcomes.latencies)), outcomes)
}

// handshakes makes `count` connections with a request on each, from a number of clients at once.
func handshakes(system string, settings settings, clients, count uint64) (*measurement, error) {
	made := make(chan *client, clients)
	for range clients {
		client, err := newClient(system, settings.server)
		if err != nil {
			return nil, err
		}
		made <- client
	}
	each := max(count/clients, 1)
	some := func(each uint64) *outcomes {
		outcomes := &outcomes{}
		together(clients, func() error {
			client := <-made
			for range each {
				outcomes.time(func(ctx context.Context) error {
					if err := client.connect(ctx); err != nil {
						return err
					}
					return client.request(ctx)
				})
				client.disconnect()
			}
			made <- client
			return nil
		})
		return outcomes
	}
	some(max(each/10, 1))
	meter, err := startMeter(settings.serverPID)
	if err != nil {
		return nil, err
	}
	outcomes := some(each)
	measured, err := meter.stop(float64(len(outcomes.latencies)), outcomes)
	if err == nil && len(outcomes.latencies) > 0 {
		longest := outcomes.latencies[len(outcomes.latencies)-1]
		measured.Figures = append(measured.Figures, [2]any{"longest ms", longest.Seconds() * 1e3})
	}
	return measured, err
}

// together runs `work` a number of times at once, and returns the first error.
func together(count uint64, work func() error) error {
	errors := make(chan error, count)
	for range count {
		go func() { errors <- work() }()
	}
	var first error
	for range count {
		if err := <-errors; err != nil && first == nil {
			first = err
		}
	}
	return first
}

// outcomes are what became of many small things.
type outcomes struct {
	mutex     sync.Mutex
	latencies []time.Duration
	errors    uint64
}

func (outcomes *outcomes) time(work func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	started := time.Now()
	err := work(ctx)
	elapsed := time.Since(started)
	outcomes.mutex.Lock()
	defer outcomes.mutex.Unlock()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		outcomes.errors++
		return
	}
	outcomes.latencies = append(outcomes.latencies, elapsed)
}
