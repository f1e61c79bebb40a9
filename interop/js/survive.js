// What becomes of a connection whose peer is killed, and how soon there is another one.

import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { multiaddr } from '@multiformats/multiaddr'
import { echoProtocol, send } from './echo.js'
import { newHost } from './host.js'

const messageBytes = 1000
const pauseMs = 10
// Longer than any idle timeout, so that a connection that stands in the way shows as time.
const limitMs = 60_000

// Prints `transferring` once bytes come back, what ended the transfer, and for each line of stdin how long a new
// connection took.
export async function survive (address, options) {
  const host = await newHost(options)
  const stream = await connect(host, address)
  console.log('transferring')
  transfer(stream)
  for await (const _ of createInterface({ input: process.stdin })) {
    const started = performance.now()
    const attempts = await reconnect(host, address)
    tell({ event: 'reconnected', ms: Math.round(performance.now() - started), attempts })
  }
}

// Sends and receives until that fails.
async function transfer (stream) {
  try {
    while (true) {
      await sleep(pauseMs)
      await exchange(stream)
    }
  } catch (error) {
    tell({ event: 'lost', why: String(error) })
  }
}

// Connects and echoes, again and again until that works. Returns how often it was tried.
async function reconnect (host, address) {
  const signal = AbortSignal.timeout(limitMs)
  for (let attempts = 1; ; attempts++) {
    try {
      await connect(host, address, signal)
      return attempts
    } catch (error) {
      signal.throwIfAborted()
      console.error(`attempt ${attempts}:`, error)
    }
    await sleep(pauseMs)
  }
}

async function connect (host, address, signal) {
  const connection = await host.dial(multiaddr(address), { signal })
  const stream = await connection.newStream(echoProtocol, { signal })
  await exchange(stream)
  return stream
}

// Sends, and waits until as much has come back.
async function exchange (stream) {
  const received = new Promise((resolve, reject) => {
    let left = messageBytes
    const take = ({ data }) => {
      left -= data.byteLength
      if (left === 0) {
        done(resolve)
      }
    }
    const end = ({ error }) => done(reject, error ?? new Error('the stream ended'))
    const done = (settle, value) => {
      stream.removeEventListener('message', take)
      stream.removeEventListener('remoteCloseWrite', end)
      stream.removeEventListener('close', end)
      settle(value)
    }
    stream.addEventListener('message', take)
    stream.addEventListener('remoteCloseWrite', end)
    stream.addEventListener('close', end)
  })
  await Promise.all([send(stream, new Uint8Array(messageBytes)), received])
}

function tell (event) {
  console.log(JSON.stringify(event))
}
