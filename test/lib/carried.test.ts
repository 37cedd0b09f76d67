import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from '@jest/globals'
import { carriedBy, carriedByResponse, carryFor, forgetLast } from '../../lib/carried.js'
import { memoryStore, session } from '../../lib/index.js'
import { Browser } from '../support/browser.js'
import { promised } from '../support/faulty-store.js'
import { serverOpener } from '../support/site.js'
import { type AnySession, SECRET } from './harness.js'

const serve = serverOpener()

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const STORES = { 'a store that answers at once': memoryStore, 'a store that answers later': () => promised(memoryStore()) }

const HANDLERS: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
  reads: (request, response) => void response.end(String((request.session as AnySession).n)),
  writes: (request, response) => {
    const session = request.session as AnySession
    session.n = (session.n ?? 0) + 1
    response.end('ok')
  },
  streams: (request, response) => {
    response.write(String((request.session as AnySession).n))
    setImmediate(() => response.end('!'))
  },
  'never looks': (_request, response) => void response.end('ok'),
}

test('a response answers for its own request, whatever kind that is and whoever was asked about before', () => {
  const requests = [new IncomingMessage(new Socket()), { method: 'GET', rawHeaders: [] } as never, new IncomingMessage(new Socket())]
  const exchanges = requests.map((request) => ({ request, response: new ServerResponse(request), carried: carryFor(request) }))
  for (const one of exchanges) {
    for (const other of exchanges) {
      const found = [one, other, other, one, one].map(({ response }) => carriedByResponse(response))
      expect(found.map((carried) => exchanges.findIndex((each) => each.carried === carried))).toEqual(
        [one, other, other, one, one].map((each) => exchanges.indexOf(each)),
      )
      expect([carriedBy(one.request), carriedBy(other.request)].map((carried) => carried === one.carried)).toEqual([true, one === other])
      forgetLast()
    }
  }
})

describe.each(Object.entries(STORES))('over %s', (_, store) => {
  test.each(Object.entries(HANDLERS))('a request that %s is not kept once its response has ended', async (_, handler) => {
    const sessions = session({ secret: SECRET, store: store() })
    const seen: WeakRef<IncomingMessage>[] = []
    const browser = new Browser(
      await serve((request, response) => {
        seen.push(new WeakRef(request))
        sessions(request, response, () => (request.url === '/' ? handler : HANDLERS['writes'])?.(request, response))
      }),
    )
    await browser.get('/first')
    await browser.get('/')
    for (let n = 0; n < 10 && seen.some((request) => request.deref() !== undefined); n++) {
      await turn()
      collectGarbage()
    }
    expect(seen.map((request) => request.deref() === undefined)).toEqual([true, true])
  })
})
