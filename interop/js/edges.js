// Streams that end in unusual ways, each tried on a peer that serves what `served.js` lists.

import { setTimeout as sleep } from 'node:timers/promises'
import { multiaddr } from '@multiformats/multiaddr'
import { echoProtocol, readAll, readSome, send } from './echo.js'
import { newHost } from './host.js'
import { holdProtocol, isReset, lateProtocol, resetProtocol, seenProtocol, watchProtocol } from './served.js'

const streams = 200
const payloadBytes = 1024
// Far more than any case takes.
const caseLimitMs = 10_000
const seenTries = 100
const seenIntervalMs = 20

// Tries every case over one connection, and returns for each `null`, or what went wrong.
export async function edges (address, options) {
  const host = await newHost(options)
  const connection = await host.dial(multiaddr(address), { signal: AbortSignal.timeout(caseLimitMs) })
  const cases = {}
  for (const [name, attempt] of Object.entries(attempts)) {
    cases[name] = await outcome(attempt, connection)
  }
  return { ok: Object.values(cases).every((error) => error == null), cases }
}

const attempts = {
  // A protocol that the listener does not serve: we are told so, and the connection lives on.
  'unserved protocol': async (connection) => {
    const refused = await open(connection, '/interop/nobody-serves-this/1.0.0').then(() => null, (error) => error)
    if (refused?.name !== 'UnsupportedProtocolError') {
      throw new Error(`not refused but: ${refused}`)
    }
    const stream = await open(connection, echoProtocol)
    await send(stream, new TextEncoder().encode('still here'))
    await stream.close()
    await expectText(stream, 'still here')
  },

  // All of them are open before the first of them ends.
  '200 streams': async (connection) => {
    const opened = []
    while (opened.length < streams) {
      opened.push(await open(connection, echoProtocol))
    }
    for (const [number, stream] of opened.entries()) {
      await send(stream, payload(number))
    }
    for (const [number, stream] of opened.entries()) {
      await stream.close()
      if (Buffer.compare(await readAll(stream), payload(number)) !== 0) {
        throw new Error(`stream ${number} came back changed`)
      }
    }
  },

  // We end our side; the listener, who waited for that, still answers.
  'dialer ends first': async (connection) => {
    const stream = await open(connection, lateProtocol)
    await send(stream, new Uint8Array(100_000))
    await stream.close()
    await expectText(stream, '100000')
  },

  // The listener ends its side at once; what we send after that still arrives.
  'listener ends first': async (connection) => {
    const stream = await open(connection, watchProtocol)
    await expectText(stream, 'hello')
    await send(stream, new Uint8Array(100_000))
    await stream.close()
    await expectSeen(connection, 'end 100000')
  },

  // We reset in the middle; the listener must not take that for an end.
  'dialer resets': async (connection) => {
    const stream = await open(connection, holdProtocol)
    const hello = String(await readSome(stream, 5))
    if (hello !== 'hello') {
      throw new Error(`'${hello}' came, not 'hello'`)
    }
    await send(stream, new Uint8Array(1000))
    stream.abort(new Error('as was meant'))
    await expectSeen(connection, 'reset')
  },

  // The listener resets; we must not take that for an end.
  'listener resets': async (connection) => {
    const stream = await open(connection, resetProtocol)
    await send(stream, new Uint8Array(1))
    const reset = await readAll(stream).then(() => null, (error) => error)
    if (!isReset(reset)) {
      throw new Error(`not reset but: ${reset}`)
    }
  }
}

// Returns what went wrong, or null.
async function outcome (attempt, connection) {
  const limit = sleep(caseLimitMs, `nothing happened for ${caseLimitMs} ms`, { ref: false })
  return Promise.race([attempt(connection).then(() => null, String), limit])
}

// The default opens 64 streams of one protocol.
function open (connection, protocol) {
  return connection.newStream(protocol, { maxOutboundStreams: 1024 })
}

// Asks until the listener saw its watched stream end like this; it may not have happened yet.
async function expectSeen (connection, wanted) {
  let last
  for (let tries = 0; tries < seenTries; tries++) {
    const stream = await open(connection, seenProtocol)
    await stream.close()
    last = String(await readAll(stream))
    if (last === wanted) {
      return
    }
    await sleep(seenIntervalMs)
  }
  throw new Error(`the listener saw '${last}', not '${wanted}'`)
}

async function expectText (stream, wanted) {
  const received = String(await readAll(stream))
  if (received !== wanted) {
    throw new Error(`'${received}' came, not '${wanted}'`)
  }
}

// Other bytes for each stream.
function payload (number) {
  return Buffer.alloc(payloadBytes, Uint8Array.of(number, number >> 8))
}
