// The serving side.

import { echoProtocol, copyBack } from './echo.js'
import { newHost } from './host.js'

// Serves on loopback, prints the addresses, and ends when stdin closes.
export async function listen (options) {
  const host = await newHost(options, [anyPort(options)])
  await host.handle(echoProtocol, copyBack, { maxInboundStreams: 1024 })
  for (const address of host.getMultiaddrs()) {
    console.log(`listening ${address}`)
  }
  for await (const _ of process.stdin) {
    // What is said does not matter, only the end of it.
  }
  await host.stop()
}

// Returns the loopback address on which the system chooses a port.
function anyPort ({ transport }) {
  return transport === 'tcp' ? '/ip4/127.0.0.1/tcp/0' : '/ip4/127.0.0.1/udp/0/quic-v1'
}
