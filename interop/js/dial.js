// The dialing side: one connection, everything tried on it, one report.

import { multiaddr } from '@multiformats/multiaddr'
import { requestEcho } from './echo.js'
import { implementation, newHost, version } from './host.js'

const pings = 5
const echoBytes = 1024 * 1024
// For everything together. Far more than it takes, and less than the harness waits.
const timeLimitMs = 30_000

// Tries everything on the peer at `address`, and returns how far it came, and the error that ended it, if one did.
export async function dial (address, options) {
  const report = {
    ok: false,
    implementation,
    version,
    peer: null,
    connection: null,
    identify: null,
    ping_ms: [],
    echo: null,
    error: null
  }
  const signal = AbortSignal.timeout(timeLimitMs)
  try {
    await Promise.race([attempt(address, options, signal, report), aborted(signal)])
    report.ok = true
  } catch (error) {
    report.error = describe(error)
  }
  return report
}

async function attempt (address, options, signal, report) {
  const host = await newHost(options)
  const connection = await host.dial(multiaddr(address), { signal })
  report.peer = connection.remotePeer.toString()
  report.connection = {
    transport: options.transport,
    security: connection.encryption ?? '',
    muxer: connection.multiplexer ?? ''
  }
  report.identify = identified(await host.services.identify.identify(connection, { signal }))
  while (report.ping_ms.length < pings) {
    report.ping_ms.push(await host.services.ping.ping(connection.remotePeer, { signal }))
  }
  const elapsed = await requestEcho(connection, echoBytes, signal)
  report.echo = { bytes: echoBytes, ms: elapsed }
  await host.stop()
}

function identified (info) {
  return {
    agent: info.agentVersion ?? '',
    protocol_version: info.protocolVersion ?? '',
    protocols: info.protocols,
    listen_addresses: info.listenAddrs.map(String),
    observed_address: String(info.observedAddr ?? '')
  }
}

function aborted (signal) {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`no answer within ${timeLimitMs} ms`)))
  })
}

// An error that gathers others says nothing by itself.
function describe (error) {
  const causes = error.errors ?? (error.cause == null ? [] : [error.cause])
  return [String(error), ...causes.map(describe)].join(': ')
}
