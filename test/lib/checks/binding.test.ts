import { describe, expect, test } from '@jest/globals'
import { type BindOptions, bindPolicy } from '../../../lib/bind-options.js'
import { mismatchOf } from '../../../lib/checks/binding.js'
import type { Origin } from '../../../lib/origin.js'
import { memoryStore } from '../../../stores/memory.js'

const HOME: Origin = { address: '192.0.2.7', agent: 'Firefox', certificate: 'AB:CD' }
const ALL: BindOptions = { ip: 'exact', userAgent: 'exact', certificate: 'exact' }

function judged(bind: BindOptions, presented: Origin, bound: Origin = HOME) {
  const policy = bindPolicy({ ip: 'off', ...bind }, memoryStore())
  if (policy === null) throw new Error('the option is off')
  return mismatchOf(policy, bound, presented)
}

describe('a session that is bound', () => {
  test('fits where nothing differs', () => {
    expect(judged(ALL, { ...HOME })).toBeNull()
  })

  test.each<[keyof BindOptions, keyof Origin]>([
    ['ip', 'address'],
    ['userAgent', 'agent'],
    ['certificate', 'certificate'],
  ])('by %s looks at the %s and at nothing else', (name, fact) => {
    const { [fact]: _known, ...without } = HOME
    for (const elsewhere of [without, { ...HOME, [fact]: 'another' }, { ...HOME, [fact]: '' }]) {
      expect(judged({ [name]: 'exact' }, elsewhere)).toEqual({ what: [fact], matters: true })
      expect(judged({ [name]: 'log' }, elsewhere)).toEqual({ what: [fact], matters: false })
      expect(judged({ ...ALL, [name]: 'off' }, elsewhere)).toBeNull()
    }
  })

  test('names all that differs at once, and matters if one of them does', () => {
    const away = { address: '198.51.100.1', agent: 'curl' }
    expect(judged(ALL, away)).toEqual({ what: ['address', 'agent', 'certificate'], matters: true })
    expect(judged({ ip: 'log', userAgent: 'exact' }, away)).toEqual({ what: ['address', 'agent'], matters: true })
    expect(judged({ ip: 'log', userAgent: 'log', certificate: 'log' }, away)).toMatchObject({ matters: false })
  })

  test('fits in its whole network with subnet, and only there', () => {
    expect(judged({ ip: 'subnet' }, { address: '192.0.2.250' })).toBeNull()
    expect(judged({ ip: 'subnet' }, { address: '192.0.3.7' })).toEqual({ what: ['address'], matters: true })
    expect(judged({ ip: 'exact' }, { address: '192.0.2.8' })).toEqual({ what: ['address'], matters: true })
    expect(judged({ ip: 'log' }, { address: '192.0.2.8' })).toEqual({ what: ['address'], matters: false })
  })

  test.each([{}, { address: '', agent: '', certificate: '' }])('is not, as far as nothing was known when it was made: %j', (bound) => {
    expect(judged(ALL, HOME, bound)).toBeNull()
    expect(judged(ALL, {}, bound)).toBeNull()
  })
})
