// What is compared with what, and which part of a rival's tax is the goal. A tax is the CPU time over bare Express.

export const SCENARIOS = [
  { name: 'no cookie', path: '/none', withCookie: false },
  { name: 'read', path: '/read', withCookie: true },
  { name: 'write', path: '/write', withCookie: true },
]

const part = (most, rival, text = `at most ${most}`) => ({ kind: 'part', most, rival, text })
const tax = (most) => ({ kind: 'tax', most, text: `within ${most} µs of bare` })
const commands = (most) => ({ kind: 'commands', most, text: `at most ${most}` })

const ofMemory = { group: 'memory', ours: 'steady-session', rivals: ['express-session'] }
const ofRedis = { group: 'redis', ours: 'steady-redis' }
const ofCookie = { group: 'cookie', ours: 'steady-cookie', rivals: ['iron-session', 'cookie-session'] }
const cookieGoals = [part(0.1, 'iron-session'), part(1, 'cookie-session')]
const ofMemcached = { group: 'memcached', ours: 'steady-memcached', rivals: ['connect-memcached'] }

/** `ours` and `rivals` are files in apps/. */
export const COMPARISONS = [
  { ...ofMemory, scenario: 'no cookie', goals: [tax(5)] },
  { ...ofMemory, scenario: 'read', goals: [part(1 / 6, 'express-session', 'at most 1/6')] },
  { ...ofMemory, scenario: 'write', goals: [part(1 / 4, 'express-session', 'at most 1/4')] },
  {
    ...ofRedis,
    scenario: 'read',
    rivals: ['connect-redis', 'getex'],
    goals: [part(0.35, 'connect-redis'), part(1.5, 'getex'), commands(1)],
  },
  { ...ofRedis, scenario: 'write', rivals: ['connect-redis'], goals: [part(0.5, 'connect-redis'), commands(2)] },
  { ...ofCookie, scenario: 'read', goals: cookieGoals },
  { ...ofCookie, scenario: 'write', goals: cookieGoals },
  { ...ofMemcached, scenario: 'read', goals: [part(0.5, 'connect-memcached')] },
  { ...ofMemcached, scenario: 'write', goals: [part(0.5, 'connect-memcached')] },
]

export const GROUPS = [...new Set(COMPARISONS.map(({ group }) => group))]
