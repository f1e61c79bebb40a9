// What becomes of a connection whose peer is killed, and how soon there is another one.

import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { multiaddr } from '@multiformats/multiaddr'
import { echoProtocol, send } from './echo.js'
import { newHost } from './host.js'

const messageBytes = 1000
const blockBytes = 64 * 1024
// This much has come back when the transfer counts as being under way.
const underWayBytes = 1024 * 1024
const pauseMs = 10
// Longer than any idle timeout, so that a connection that stands in the way shows as time.
const limitMs = 60_000

// Prints `transferring` once a mebibyte has come back and more is on its way in both directions, what ended the
// transfer, and for each line of stdin how long a new connection took.
export async function survive (address, options) {
  const host = await newHost(options)
  const stream = await connect(host, address)
  transfer(stream)
  for await (const _ of createInterface({ input: process.stdin })) {
    const started = performance.now()
    const attempts = await reconnect(host, address)
    tell({ event: 'reconnected', ms: Math.round(performance.now() - started), attempts })
  }
}

// Sends and receives without a pause until either fails.
async function transfer (stream) {
  let isLost = false
  const lose = (error) => {
    if (!isLost) {
      isLost = true
      tell({ event: 'lost', why: String(error) })
    }
  }
  let missing = underWayBytes
  stream.addEventListener('message', ({ data }) => {
    if (missing > 0) {
      missing -= data.byteLength
      if (missing <= 0) {
        console.log('transferring')
      }
    }
  })
  const end = ({ error }) => lose(error ?? new Error('the stream ended'))
  stream.addEventListener('remoteCloseWrite', end)
  stream.addEventListener('close', end)
  try {
    while (!isLost) {
      await send(stream, new Uint8Array(blockBytes))
      // What came meanwhile has its turn.
      await new Promise((resolve) => setImmediate(resolve))
    }
  } catch (error) {
    lose(error)
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
