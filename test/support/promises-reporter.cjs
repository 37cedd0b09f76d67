// A Jest reporter: which store keeps which promise of the design, by the rules that ran. The races name their promises in their titles, the
// contract's are known by its themes, and a rule that a store declares it cannot keep is skipped under the name of what it lacks.
// CommonJS, so that a test can load it too.

const PROMISES = [
  'no byte before the commit',
  'no lost update',
  'no resurrection',
  'no fixation',
  'no secret at rest',
  'one round trip to read',
  'both clocks',
  'bounded waits',
  'nothing for strangers',
]

/** Column → how the names of its suites begin. */
const STORES = {
  memory: /^memory/,
  redis: /^redis/,
  memcached: /^memcache/,
  cookie: /^cookie(?! with records)/,
  'cookie + revocation': /^cookie with records/,
  'express-session store': /^(connect-redis|express-session)/,
}

/** Themes of the contract suite → the promise that their rules prove. */
const THEMES = { 'overlapping writers': '2', 'no resurrection': '3', rotation: '4', clocks: '7' }

module.exports = class PromisesReporter {
  #table = ''

  constructor() {
    // After the table of coverage, which Jest prints last.
    process.once('exit', () => {
      if (this.#table !== '') console.error(this.#table)
    })
  }

  onRunComplete(_contexts, { testResults }) {
    this.#table = tableOf(testResults.flatMap((file) => file.testResults))
  }
}

module.exports.tableOf = tableOf

/** Empty if no rule ran. */
function tableOf(tests) {
  const rules = new Map()
  for (const rule of tests.flatMap(rulesOf)) {
    const key = `${rule.store}/${rule.promise}/${rule.title}`
    const others = rules.get(key)
    // The same rule of several suites of one store: what breaks once is broken; what one declares and another keeps (connect-redis within
    // a process) is kept.
    if (others === undefined || RANK.indexOf(rule.state) < RANK.indexOf(others.state)) rules.set(key, rule)
  }
  const all = [...rules.values()]
  const stores = Object.keys(STORES).filter((store) => all.some((rule) => rule.store === store))
  if (stores.length === 0) return ''
  const rows = PROMISES.map((name, n) => [`${n + 1} ${name}`, ...stores.map((store) => cellOf(all, store, n + 1))])
  return ['', ...aligned([['rules of each promise', ...stores], ...rows]), ...limitsOf(all, tests), ''].join('\n')
}

const RANK = ['FAILED', 'kept', 'not']

/** What is refused loudly breaks no promise: operations that a store does not have, changes that come too late for it. */
const REFUSALS = ['index', 'change-after-first-byte']

/** One for each promise that the test proves. */
function rulesOf({ ancestorTitles: [suite = '', theme = ''], title, status }) {
  const name = /^(.+) keeps (?:its promises|the store contract)/.exec(suite)?.[1]
  const store = Object.keys(STORES).find((each) => name !== undefined && STORES[each].test(name))
  const [, limit, bare] = /^(?:cannot (\S+), as declared: )?(.*)$/s.exec(title)
  const promises = /\(promises? ([\d, ]+)\)$/.exec(bare)?.[1] ?? THEMES[theme] ?? ''
  const state = status === 'failed' ? 'FAILED' : limit !== undefined ? 'not' : status === 'passed' ? 'kept' : undefined
  if (store === undefined || state === undefined || promises === '' || REFUSALS.includes(limit)) return []
  return promises.split(', ').map((promise) => ({ store, promise: Number(promise), title: `${theme}: ${bare}`, state, limit }))
}

function cellOf(rules, store, promise) {
  const counts = RANK.map((state) => [
    state,
    rules.filter((rule) => rule.store === store && rule.promise === promise && rule.state === state).length,
  ])
  return counts
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${state}`)
    .join(', ')
}

/** What is not kept, and why. */
function limitsOf(rules, tests) {
  const lacking = rules.filter(({ state }) => state === 'not')
  const limits = [...new Set(lacking.map(({ limit }) => limit))].toSorted()
  if (limits.length === 0) return []
  const lines = limits.map((limit) => {
    const stores = Object.keys(STORES).filter((store) => lacking.some((rule) => rule.store === store && rule.limit === limit))
    const declared = `cannot ${limit}, as declared: `
    const reason = tests.find(({ ancestorTitles, title }) => ancestorTitles[1] === 'declared limits' && title.startsWith(declared))
    return [`  ${limit}`, stores.join(', '), reason?.title.slice(declared.length) ?? '']
  })
  return ['', 'not: cannot be kept, as declared:', ...aligned(lines)]
}

function aligned(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  )
}
