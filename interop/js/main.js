// A libp2p peer on js-libp2p, with the command line that all peers of `cargo xtask interop` share.
//
// `listen` prints `listening ADDRESS` lines and serves ping, identify and echo until its stdin closes.
// `dial ADDRESS` connects, identifies, pings five times, echoes 1 MiB, and prints one JSON object.
// `edges ADDRESS` opens streams that end in unusual ways, and prints what came of each.
// `survive ADDRESS` tells what became of a connection whose peer is killed, and connects again when told to.

import { parseArgs } from 'node:util'
import { dial } from './dial.js'
import { edges } from './edges.js'
import { implementation, version } from './host.js'
import { listen } from './listen.js'
import { survive } from './survive.js'

const usage = `usage:
  listen [--transport quic|tcp] [--security noise|tls] [--key ed25519|secp256k1|ecdsa|rsa] [--port N] [--seed N]
  dial ADDRESS [--transport …] [--security …] [--key …]
  edges ADDRESS [--transport …] [--security …]
  survive ADDRESS [--transport …] [--security …]
  version`

async function run () {
  const { values: options, positionals: [command, address] } = parseArgs({
    allowPositionals: true,
    options: {
      transport: { type: 'string', default: 'quic' },
      security: { type: 'string', default: 'noise' },
      key: { type: 'string', default: 'ed25519' },
      // Where to listen; 0 lets the system choose.
      port: { type: 'string', default: '0' },
      // Makes the same Ed25519 identity each time.
      seed: { type: 'string' }
    }
  })
  if (command === 'listen' && address == null) {
    await listen(options)
    return 0
  }
  if (command === 'dial' && address != null) {
    const report = await dial(address, options)
    console.log(JSON.stringify(report))
    return report.ok ? 0 : 1
  }
  if (command === 'edges' && address != null) {
    const report = await edges(address, options)
    console.log(JSON.stringify(report))
    return report.ok ? 0 : 1
  }
  if (command === 'survive' && address != null) {
    await survive(address, options)
    return 0
  }
  if (command === 'version' && address == null) {
    console.log(`${implementation} ${version}`)
    return 0
  }
  throw new Error(usage)
}

// What libp2p leaves running, timers and native threads, must not keep the process.
run().then((code) => process.exit(code), (error) => {
  console.error(error)
  process.exit(1)
})
