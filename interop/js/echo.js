// `/echo/1.0.0`: what arrives goes back, until the end.

import { StreamResetError } from '@libp2p/interface'

export const echoProtocol = '/echo/1.0.0'

// Sends what arrives, and closes its side at the end of that.
export async function copyBack (stream) {
  await readEach(stream, (chunk) => {
    if (!stream.send(chunk)) {
      stream.pause()
      stream.onDrain().then(() => {
        // It may have ended meanwhile.
        if (stream.readStatus === 'paused') {
          stream.resume()
        }
      }, () => {})
    }
  })
  await stream.close()
}

// Sends `length` bytes, half-closes, and compares what comes back. Returns how many milliseconds that took.
export async function requestEcho (connection, length, signal) {
  const sent = pattern(length)
  const stream = await connection.newStream(echoProtocol, { signal })
  const started = performance.now()
  const write = async () => {
    for (let at = 0; at < length; at += chunkBytes) {
      await send(stream, sent.subarray(at, at + chunkBytes))
    }
    await stream.close({ signal })
  }
  const [received] = await Promise.all([readAll(stream), write()])
  if (received.length !== length) {
    throw new Error(`${received.length} bytes came back, ${length} were sent`)
  }
  if (Buffer.compare(sent, received) !== 0) {
    throw new Error('the bytes came back changed')
  }
  return performance.now() - started
}

export async function readAll (stream) {
  const chunks = []
  await readEach(stream, (chunk) => chunks.push(chunk.subarray()))
  return Buffer.concat(chunks)
}

// Reads that many bytes of a stream that may go on after them, as long as they come in one piece or several.
export function readSome (stream, length) {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0)
    const take = ({ data }) => {
      received = Buffer.concat([received, data.subarray()])
      if (received.length >= length) {
        stream.removeEventListener('message', take)
        resolve(received)
      }
    }
    stream.addEventListener('message', take)
    stream.addEventListener('close', ({ error }) => reject(error ?? new Error('the stream ended')))
  })
}

// Reads to the end. Iterating over the stream would wait for ever for an end that came before the first look.
function readEach (stream, take) {
  return new Promise((resolve, reject) => {
    stream.addEventListener('message', ({ data }) => take(data))
    // A reset is an end too, at first.
    const end = () => setImmediate(() => stream.status === 'reset' ? reject(new StreamResetError()) : resolve())
    stream.addEventListener('end', end)
    stream.addEventListener('close', ({ error }) => error == null ? end() : reject(error))
    if (stream.readableEnded) {
      end()
    }
  })
}

export async function send (stream, chunk) {
  if (!stream.send(chunk)) {
    await stream.onDrain()
  }
}

// Returns bytes in which no block equals its neighbours, so that a lost or doubled one is seen.
function pattern (length) {
  let state = 0x9e3779b9
  return Uint8Array.from({ length }, () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state
  })
}

const chunkBytes = 64 * 1024
