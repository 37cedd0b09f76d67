// A server that speaks as much of memcached's binary protocol as a login needs: Debian's memcached has SASL, but no users to log in.
import { createServer, type Socket } from 'node:net'
import { HOST } from '../servers/server-process.js'

const HEADER_BYTES = 24
const REPLY = 0x81
const [LIST_MECHANISMS, LOGIN] = [0x20, 0x21]
const [NOT_FOUND, LOGIN_REFUSED] = [0x01, 0x20]

export interface SaslServer {
  readonly port: number
  /** What was sent to log in, in order. */
  readonly logins: readonly string[]
  close(): Promise<void>
}

/** Whoever is logged in finds nothing; whoever is not gets a refusal. */
export async function startSaslServer(username: string, password: string): Promise<SaslServer> {
  const logins: string[] = []
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    let isIn = false
    let rest: Buffer = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk])
      while (rest.length >= HEADER_BYTES && rest.length >= HEADER_BYTES + rest.readUInt32BE(8)) {
        const request = rest.subarray(0, HEADER_BYTES + rest.readUInt32BE(8))
        rest = rest.subarray(request.length)
        const opcode = request.readUInt8(1)
        if (opcode === LOGIN) {
          const login = request.subarray(HEADER_BYTES + request.readUInt16BE(2)).toString('utf8')
          logins.push(login)
          isIn = login === `\0${username}\0${password}`
        }
        socket.write(reply(request, opcode === LIST_MECHANISMS || (opcode === LOGIN && isIn) ? 0 : isIn ? NOT_FOUND : LOGIN_REFUSED))
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    logins,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function reply(request: Buffer, status: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt8(REPLY, 0)
  header.writeUInt8(request.readUInt8(1), 1)
  header.writeUInt16BE(status, 6)
  request.copy(header, 12, 12, 16)
  return header
}
