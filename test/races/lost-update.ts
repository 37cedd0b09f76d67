// Promise 2: no lost update.
import type { IncomingMessage } from 'node:http'
import { describe, expect } from '@jest/globals'
import { barrier, gate } from '../support/barrier.js'
import { answer, type Routes } from '../support/site.js'
import type { RaceSetup } from './races.js'

const MANY = 20

const COMMON: Routes = {
  '/start': (req, res) => {
    req.session.set({ a: 0, cart: ['apple'], profile: { name: 'Ann', seen: 1 } })
    answer(res, 'started')
  },
  '/data': (req, res) => answer(res, req.session),
}

export function lostUpdate(setup: RaceSetup): void {
  const { rule, ruleUnless, decidingRule } = setup.proving(2)

  /** Both handlers hold the session before either changes it. */
  async function overlap(left: (req: IncomingMessage) => unknown, right: (req: IncomingMessage) => unknown): Promise<unknown> {
    const meet = barrier(2)
    const route = (change: (req: IncomingMessage) => unknown) => async (req: IncomingMessage, res: Parameters<typeof answer>[0]) => {
      await meet()
      await change(req)
      answer(res, 'changed')
    }
    const race = await setup.start({ ...COMMON, '/left': route(left), '/right': route(right) })
    const browser = race.browser()
    await browser.get('/start')
    const answers = await Promise.all([browser.get('/left'), browser.get('/right')])
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    return (await browser.get('/data')).json()
  }

  describe('lost update', () => {
    decidingRule('merge', 'D1: two overlapping requests that set different keys both keep what they set', async () => {
      const data = await overlap(
        (req) => req.session.set('x', 1),
        (req) => {
          req.session.y = 2
        },
      )
      expect(data).toMatchObject({ a: 0, x: 1, y: 2 })
    })

    ruleUnless('merge', 'D1: two overlapping requests that change different objects in place both keep their change', async () => {
      const data = await overlap(
        (req) => req.session.cart.push('pear'),
        (req) => {
          req.session.profile.name = 'Bea'
        },
      )
      expect(data).toMatchObject({ cart: ['apple', 'pear'], profile: { name: 'Bea', seen: 1 } })
    })

    ruleUnless('merge', 'D1: a deletion and an overlapping change of another key both survive', async () => {
      const data = await overlap(
        (req) => req.session.delete('a'),
        (req) => req.session.take('cart'),
      )
      expect(data).toEqual({ profile: { name: 'Ann', seen: 1 } })
    })

    ruleUnless('merge', 'D1: two saves that are under way in the store at once both survive', async () => {
      const race = await setup.start({
        ...COMMON,
        '/x': (req, res) => {
          req.session.x = 1
          answer(res, 'x')
        },
        '/y': (req, res) => {
          req.session.y = 2
          answer(res, 'y')
        },
      })
      const browser = race.browser()
      await browser.get('/start')
      const held = race.store.holdCall('update')
      const slow = browser.get('/x')
      await held.reached
      await browser.get('/y')
      held.open()
      await slow
      expect((await browser.get('/data')).json()).toMatchObject({ x: 1, y: 2 })
    })

    rule('the same key goes to the request that commits later', async () => {
      const slowly = gate()
      const race = await setup.start({
        ...COMMON,
        '/slow': async (req, res) => {
          req.session.a = 'slow'
          await slowly.pass()
          answer(res, 'slow')
        },
        '/fast': (req, res) => {
          req.session.a = 'fast'
          answer(res, 'fast')
        },
      })
      const browser = race.browser()
      await browser.get('/start')
      const slow = browser.get('/slow')
      await slowly.reached
      await browser.get('/fast')
      expect((await browser.get('/data')).json()).toMatchObject({ a: 'fast' })
      slowly.open()
      await slow
      expect((await browser.get('/data')).json()).toMatchObject({ a: 'slow' })
    })

    rule(
      'D15, D16: a slow request that only looks at objects neither writes nor sets a cookie, and an overlapping change stays',
      async () => {
        const slowly = gate()
        const race = await setup.start({
          ...COMMON,
          '/look': async (req, res) => {
            const items: number = req.session.cart.length
            await slowly.pass()
            answer(res, { items, all: JSON.stringify(req.session) })
          },
          '/add': (req, res) => {
            req.session.cart.push('pear')
            answer(res, 'added')
          },
        })
        const browser = race.browser()
        await browser.get('/start')
        const slow = browser.get('/look')
        await slowly.reached
        await browser.get('/add')
        const writes = race.store.calls.filter((call) => call !== 'load').length
        slowly.open()
        expect((await slow).setCookie).toEqual([])
        expect(race.store.calls.filter((call) => call !== 'load')).toHaveLength(writes)
        expect((await browser.get('/data')).json()).toMatchObject({ cart: ['apple', 'pear'] })
      },
    )

    decidingRule('expect', `${MANY} overlapping requests that increment one key lose none`, async () => {
      const meet = barrier(MANY)
      const race = await setup.start({
        ...COMMON,
        '/increment': async (req, res) => {
          await meet()
          answer(res, await req.session.increment('a'))
        },
      })
      const browser = race.browser()
      await browser.get('/start')
      const answers = await Promise.all(Array.from({ length: MANY }, () => browser.get('/increment')))
      expect(answers.map((each) => Number(each.json())).sort((a, b) => a - b)).toEqual(Array.from({ length: MANY }, (_, i) => i + 1))
      expect((await browser.get('/data')).json()).toMatchObject({ a: MANY })
    })

    ruleUnless(
      ['expect', 'merge'],
      `${MANY} overlapping requests that add to one list by update lose none, and other keys survive beside it`,
      async () => {
        const meet = barrier(MANY + 1)
        const race = await setup.start(
          {
            ...COMMON,
            '/add': async (req, res) => {
              await meet()
              const item = String(req.url).split('?')[1]
              await req.session.update('cart', (cart) => [...cart, item])
              answer(res, 'added')
            },
            '/other': async (req, res) => {
              await meet()
              req.session.other = true
              answer(res, 'other')
            },
          },
          { storeTimeout: '10s' },
        )
        const browser = race.browser()
        await browser.get('/start')
        const items = Array.from({ length: MANY }, (_, i) => `item-${i}`)
        const answers = await Promise.all([...items.map((item) => browser.get(`/add?${item}`)), browser.get('/other')])
        expect(answers.map(({ status }) => status)).toEqual(Array(MANY + 1).fill(200))
        const data = (await browser.get('/data')).json() as { cart: string[]; other: boolean }
        expect(data.cart.toSorted()).toEqual(['apple', ...items].toSorted())
        expect(data.other).toBe(true)
      },
    )

    ruleUnless('expect', 'increments of one request that nobody awaits are all counted before the response leaves', async () => {
      const race = await setup.start({
        ...COMMON,
        '/three': (req, res) => {
          for (let i = 0; i < 3; i++) void req.session.increment('a')
          answer(res, 'three')
        },
      })
      const browser = race.browser()
      await browser.get('/start')
      await Promise.all([browser.get('/three'), browser.get('/three')])
      expect((await browser.get('/data')).json()).toMatchObject({ a: 6 })
    })
  })
}
