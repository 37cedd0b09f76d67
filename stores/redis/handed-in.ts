// A client that the application has: it connects, reconnects and closes it.
import type { RedisClient, RedisDriver } from './driver.js'

export interface Connection extends RedisDriver {
  open(): Promise<void>
  close(): Promise<void>
}

interface Emitter {
  on?(event: 'error', listener: () => void): unknown
  off?(event: 'error', listener: () => void): unknown
}

export function handedInConnection(client: RedisClient & Emitter, driver: RedisDriver): Connection {
  // Both drivers tell every lost connection as an event that ends the process if nobody listens. Calls tell it too.
  const ignore = (): void => {}
  client.on?.('error', ignore)
  return {
    ...driver,
    open: async () => {},
    close: async () => {
      client.off?.('error', ignore)
      driver.release?.()
    },
  }
}
