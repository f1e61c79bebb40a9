// The serving side.

import { newHost } from './host.js'
import { serve } from './served.js'

// Serves on loopback, prints the addresses, and ends when stdin closes.
export async function listen (options) {
  const host = await newHost(options, [listenAddress(options)])
  await serve(host)
  for (const address of host.getMultiaddrs()) {
    console.log(`listening ${address}`)
  }
  for await (const _ of process.stdin) {
    // What is said does not matter, only the end of it.
  }
  await host.stop()
}

// Returns a loopback address, on which the system chooses the port unless the options do.
function listenAddress ({ transport, port }) {
  return transport === 'tcp' ? `/ip4/127.0.0.1/tcp/${port}` : `/ip4/127.0.0.1/udp/${port}/quic-v1`
}
