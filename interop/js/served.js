// What every peer serves for `edges`; README.md has the list with what each does.

import { copyBack, echoProtocol, readAll, send } from './echo.js'

export const lateProtocol = '/interop/late/1.0.0'
export const watchProtocol = '/interop/watch/1.0.0'
export const holdProtocol = '/interop/hold/1.0.0'
export const seenProtocol = '/interop/seen/1.0.0'
export const resetProtocol = '/interop/reset/1.0.0'

// How the last watched stream ended.
let seen = 'nothing yet'

export async function serve (host) {
  const handlers = {
    [echoProtocol]: copyBack,
    [lateProtocol]: late,
    [watchProtocol]: watch,
    [holdProtocol]: hold,
    [seenProtocol]: (stream) => answer(stream, seen),
    [resetProtocol]: reset
  }
  for (const [protocol, handler] of Object.entries(handlers)) {
    // The default takes 32 streams of one protocol.
    await host.handle(protocol, (stream) => handler(stream).catch((error) => {
      console.error(`${protocol}:`, error)
      stream.abort(error)
    }), { maxInboundStreams: 1024 })
  }
}

export function isReset (error) {
  return error?.name === 'StreamResetError'
}

async function late (stream) {
  const received = await readAll(stream)
  await answer(stream, String(received.length))
}

async function watch (stream) {
  await answer(stream, 'hello')
  await rememberEnd(stream)
}

async function hold (stream) {
  await send(stream, new TextEncoder().encode('hello'))
  await rememberEnd(stream)
}

async function rememberEnd (stream) {
  try {
    const received = await readAll(stream)
    seen = `end ${received.length}`
  } catch (error) {
    seen = isReset(error) ? 'reset' : String(error)
  }
}

async function reset (stream) {
  for await (const _ of stream) {
    stream.abort(new Error('as was asked'))
    return
  }
}

async function answer (stream, text) {
  await send(stream, new TextEncoder().encode(text))
  await stream.close()
}
