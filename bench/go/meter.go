package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// measurement is one run of one scenario, as `src/meter.rs` has it.
type measurement struct {
	Units            float64  `json:"units"`
	WallS            float64  `json:"wall_s"`
	CPUClientS       float64  `json:"cpu_client_s"`
	CPUServerS       float64  `json:"cpu_server_s"`
	RSSPeakClientMiB float64  `json:"rss_peak_client_mib"`
	RSSPeakServerMiB float64  `json:"rss_peak_server_mib"`
	ContextSwitches  uint64   `json:"context_switches"`
	P50us            *float64 `json:"p50_us"`
	P99us            *float64 `json:"p99_us"`
	Errors           uint64   `json:"errors"`
	Figures          [][2]any `json:"figures"`
}

// meter is started where the timed part begins.
type meter struct {
	client, server       int
	started              time.Time
	cpuClient, cpuServer time.Duration
	switches             uint64
}

func startMeter(server int) (*meter, error) {
	meter := &meter{client: os.Getpid(), server: server}
	var err error
	if meter.cpuClient, err = cpu(meter.client); err != nil {
		return nil, err
	}
	if meter.cpuServer, err = cpu(meter.server); err != nil {
		return nil, err
	}
	meter.switches = switches(meter.client) + switches(meter.server)
	meter.started = time.Now()
	return meter, nil
}

// stop ends the timed part, in which `units` were done.
func (meter *meter) stop(units float64, outcomes *outcomes) (*measurement, error) {
	wall := time.Since(meter.started)
	client, err := cpu(meter.client)
	if err != nil {
		return nil, err
	}
	server, err := cpu(meter.server)
	if err != nil {
		return nil, err
	}
	slices.Sort(outcomes.latencies)
	after := switches(meter.client) + switches(meter.server)
	return &measurement{
		Units:            units,
		WallS:            wall.Seconds(),
		CPUClientS:       (client - meter.cpuClient).Seconds(),
		CPUServerS:       (server - meter.cpuServer).Seconds(),
		RSSPeakClientMiB: peakMiB(meter.client),
		RSSPeakServerMiB: peakMiB(meter.server),
		// Threads that ended take their count with them.
		ContextSwitches: max(after, meter.switches) - meter.switches,
		P50us:           percentile(outcomes.latencies, 50),
		P99us:           percentile(outcomes.latencies, 99),
		Errors:          outcomes.errors,
		Figures:         [][2]any{},
	}, nil
}

// cpu returns user and system time of all threads of a process.
func cpu(pid int) (time.Duration, error) {
	// What clock_getcpuclockid makes of a process: its complement above the three bits of the kind of clock.
	const scheduled = 2
	clock := int32(^pid<<3 | scheduled)
	var spec unix.Timespec
	if err := unix.ClockGettime(clock, &spec); err != nil {
		return 0, err
	}
	return time.Duration(spec.Nano()), nil
}

func peakMiB(pid int) float64 {
	return float64(field(fmt.Sprintf("/proc/%d/status", pid), "VmHWM:")) / 1024
}

func switches(pid int) uint64 {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil {
		return 0
	}
	var sum uint64
	for _, file := range files {
		sum += field(file, "voluntary_ctxt_switches:") + field(file, "nonvoluntary_ctxt_switches:")
	}
	return sum
}

// field returns the number behind `name` in a status file of the kernel.
func field(file, name string) uint64 {
	status, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		words := strings.Fields(line)
		if len(words) > 1 && words[0] == name {
			number, _ := strconv.ParseUint(words[1], 10, 64)
			return number
		}
	}
	return 0
}

func percentile(sorted []time.Duration, percent int) *float64 {
	if len(sorted) == 0 {
		return nil
	}
	value := float64(sorted[(len(sorted)-1)*percent/100].Nanoseconds()) / 1e3
	return &value
}
