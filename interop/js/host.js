// The node and its services, the same for both roles.

import { readFileSync } from 'node:fs'
import { quic } from '@chainsafe/libp2p-quic'
import { generateKeyPair, generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'

export const implementation = 'js-libp2p'

const lock = JSON.parse(readFileSync(new URL('package-lock.json', import.meta.url)))

// The version that the lock file names.
export const { version } = lock.packages['node_modules/libp2p']

// Makes a node that speaks the one stack that the options name, and listens on `addresses`.
export async function newHost (options, addresses = []) {
  return createLibp2p({
    privateKey: await generateKey(options),
    addresses: { listen: addresses },
    ...stack(options),
    // The default takes five connections a second from one address, and all of ours come from one.
    connectionManager: { inboundConnectionThreshold: 1000 },
    nodeInfo: { userAgent: `${implementation}/${version}` },
    // The dialing side asks who the other is by itself, to know what came of it.
    services: {
      identify: identify({ runOnConnectionOpen: addresses.length > 0 }),
      // Each ping is a stream of its own. The next one is opened before the last one's end has come back, which
      // the default of one stream refuses.
      ping: ping({ maxOutboundStreams: 8 })
    }
  })
}

function stack ({ transport, security }) {
  if (transport === 'quic') {
    return { transports: [quic()] }
  }
  const securities = { noise, tls }
  if (transport !== 'tcp' || securities[security] == null) {
    throw new Error(`no stack of ${transport} and ${security}`)
  }
  return {
    transports: [tcp()],
    connectionEncrypters: [securities[security]()],
    streamMuxers: [yamux()]
  }
}

function generateKey ({ key: name, seed }) {
  if (seed != null) {
    return generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(Number(seed)))
  }
  const types = { ed25519: 'Ed25519', secp256k1: 'secp256k1', ecdsa: 'ECDSA', rsa: 'RSA' }
  if (types[name] == null) {
    throw new Error(`no key type is called ${name}`)
  }
  return generateKeyPair(types[name])
}
