import { isIP } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { addressIn, isSameAddress } from '../../lib/network-address.js'

const SEED = Number(process.env['FUZZ_SEED'] ?? 20261122)
const RUNS = { numRuns: 800, seed: SEED }

const bytes = fc.tuple(...([1, 2, 3, 4].map(() => fc.nat({ max: 255 })) as [fc.Arbitrary<number>, ...fc.Arbitrary<number>[]]))
const groups = fc.array(fc.oneof(fc.constant(0), fc.nat({ max: 0xffff })), { minLength: 8, maxLength: 8 })
const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.ipV4(),
  fc.ipV6(),
  fc.constantFrom('', '::', '%', '::%', '1.2.3.4%', '[::1]', '::ffff:0'),
)

/** The ways to write one IPv6 address. */
function spellings(of: readonly number[]): string[] {
  const hex = of.map((group) => group.toString(16))
  const long = hex.map((group) => group.padStart(4, '0')).join(':')
  const tail = `${(of[6] ?? 0) >> 8}.${(of[6] ?? 0) & 255}.${(of[7] ?? 0) >> 8}.${(of[7] ?? 0) & 255}`
  const zeros = of.findIndex((group, place) => group === 0 && of[place + 1] === 0)
  const short = zeros === -1 ? [] : [`${hex.slice(0, zeros).join(':')}::${hex.slice(zeros + 2).join(':')}`]
  return [hex.join(':'), long, long.toUpperCase(), `${hex.slice(0, 6).join(':')}:${tail}`, `${long}%eth0`, ...short]
}

describe('two addresses', () => {
  test('are the same however one of them is written', () => {
    fc.assert(
      fc.property(groups, (address) => {
        const all = spellings(address)
        for (const one of all)
          for (const other of all) for (const subnet of [false, true]) expect(isSameAddress(one, other, subnet)).toBe(true)
      }),
      { numRuns: 300, seed: SEED },
    )
  })

  test('of IPv6 are of one network if their first four groups are the same, and one address if all are', () => {
    // The well-known prefixes that hold an IPv4 address are in the tests below.
    const global = groups.map(([, ...others]) => [0x2001, ...others])
    fc.assert(
      fc.property(global, fc.nat({ max: 7 }), fc.integer({ min: 1, max: 0xffff }), (address, place, change) => {
        const other = address.map((group, at) => (at === place ? group ^ change : group))
        expect(isSameAddress(address.map(hex).join(':'), other.map(hex).join(':'), true)).toBe(place >= 4)
        expect(isSameAddress(address.map(hex).join(':'), other.map(hex).join(':'), false)).toBe(false)
      }),
      RUNS,
    )
  })

  test('of IPv4 are of one network if their first three numbers are the same, and one address if all are', () => {
    fc.assert(
      fc.property(bytes, fc.nat({ max: 3 }), fc.integer({ min: 1, max: 255 }), (address, place, change) => {
        const other = address.map((byte, at) => (at === place ? byte ^ change : byte))
        expect(isSameAddress(address.join('.'), other.join('.'), true)).toBe(place === 3)
        expect(isSameAddress(address.join('.'), other.join('.'), false)).toBe(false)
      }),
      RUNS,
    )
  })

  test('are the same if one is the other one in IPv6, mapped (RFC 4291) or translated (RFC 6052), in decimal or hexadecimal', () => {
    fc.assert(
      fc.property(
        bytes,
        fc.constantFrom('::ffff:', '0:0:0:0:0:FFFF:', '64:ff9b::', '64:ff9b:0:0:0:0:'),
        ([a = 0, b = 0, c = 0, d = 0], prefix) => {
          const address = [a, b, c, d].join('.')
          const inHex = `${prefix}${hex(a * 256 + b)}:${hex(c * 256 + d)}`
          for (const mapped of [prefix + address, inHex]) {
            expect([isSameAddress(address, mapped, false), isSameAddress(mapped, address, true)]).toEqual([true, true])
            expect(isSameAddress(mapped, [a, b, c, d ^ 1].join('.'), false)).toBe(false)
            expect(isSameAddress(mapped, [a, b, c, d ^ 1].join('.'), true)).toBe(true)
            expect(isSameAddress(mapped, [a, b, c ^ 1, d].join('.'), true)).toBe(false)
          }
        },
      ),
      RUNS,
    )
  })

  test.each([
    ['1.2.3.4', '::1.2.3.4'],
    ['1.2.3.4', '::fffe:1.2.3.4'],
    ['1.2.3.4', '1::ffff:1.2.3.4'],
    ['1.2.3.4', '64:ff9b:1::1.2.3.4'],
    ['::', '0.0.0.0'],
  ])('%s and %s are not the same', (one, other) => {
    for (const subnet of [false, true])
      expect([isSameAddress(one, other, subnet), isSameAddress(other, one, subnet)]).toEqual([false, false])
  })

  test('are told apart for any text, without an error, alike from both sides; what is no address equals its own text only', () => {
    fc.assert(
      fc.property(hostile, hostile, fc.boolean(), (one, other, subnet) => {
        const same = isSameAddress(one, other, subnet)
        expect(isSameAddress(other, one, subnet)).toBe(same)
        expect(isSameAddress(one, one, subnet)).toBe(true)
        const plain = [one, other].map((text) => text.split('%', 1)[0] ?? '')
        if (plain.some((text) => isIP(text) === 0)) expect(same).toBe(one === other)
      }),
      RUNS,
    )
  })
})

describe('an entry of X-Forwarded-For', () => {
  test.each([
    ['192.0.2.7', '192.0.2.7'],
    [' 192.0.2.7 ', '192.0.2.7'],
    ['192.0.2.7:51000', '192.0.2.7'],
    ['2001:db8::7', '2001:db8::7'],
    ['[2001:db8::7]', '2001:db8::7'],
    ['[2001:db8::7]:443', '2001:db8::7'],
    ['::ffff:192.0.2.7', '::ffff:192.0.2.7'],
  ])('%j names the address %s', (entry, address) => {
    expect(addressIn(entry)).toBe(address)
  })

  test.each([
    '',
    ' ',
    'unknown',
    '_hidden',
    '192.0.2',
    '192.0.2.7.8',
    '192.0.2.256',
    '1.2.3.4:',
    '[::1',
    '::1]',
    '[[::1]]',
    `${' '.repeat(65_536)}1.2.3.4`,
  ])('that is no address names none (case %#)', (entry) => {
    expect(addressIn(entry)).toBeUndefined()
  })

  test('is an address or nothing, whatever it is', () => {
    fc.assert(
      fc.property(hostile, (entry) => {
        const address = addressIn(entry)
        expect(address === undefined || isIP(address) !== 0).toBe(true)
      }),
      RUNS,
    )
  })
})

function hex(group: number): string {
  return group.toString(16)
}
