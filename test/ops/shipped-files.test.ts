// The files for Prometheus and Grafana name metrics that exist, with labels and reasons that they have.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from '@jest/globals'
import * as client from 'prom-client'
import { parse } from 'yaml'
import { memoryStore, session } from '../../lib/index.js'
import { metrics } from '../../ops/metrics.js'
import { appOf } from '../../ops/sessions-app.js'
import { SECRET } from '../lib/harness.js'

const RULES = 'ops/prometheus-rules.yml'

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly for: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string; readonly description: string }
}

interface Panel {
  readonly id: number
  readonly title: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets: readonly { readonly expr: string; readonly refId: string }[]
}

const rules = (parse(readFileSync(RULES, 'utf8')) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules)
const { panels } = JSON.parse(readFileSync('ops/grafana-dashboard.json', 'utf8')) as { panels: Panel[] }
const alerts = rules.map(({ alert, expr }) => [alert, expr] as const)
const queries = panels.flatMap(({ title, targets }) => targets.map(({ expr, refId }) => [`${title} ${refId}`, expr] as const))

/** What `register.metrics()` prints once everything has happened. */
let printed: string

beforeAll(async () => {
  const register = new client.Registry()
  const sessions = session({ secret: SECRET, store: memoryStore() })
  const stop = metrics(sessions, { register })
  const { events } = appOf('test', sessions)
  events.emit('storeCall', { operation: 'load', outcome: 'ok', seconds: 0.001 })
  events.emit('storeError', { error: { code: 'ERR_SESSION_STORE', operation: 'load' } as never })
  printed = await register.metrics()
  stop()
  await sessions.close()
})

/** The labels that a series of this metric has. */
function labelsOf(metric: string): Set<string> {
  const series = printed.split('\n').filter((line) => line.startsWith(`${metric}{`))
  return new Set(series.flatMap((line) => [...line.matchAll(/(\w+)="/g)].map(([, label]) => label as string)))
}

describe.each([...alerts, ...queries])('%s', (_, expr) => {
  test('asks for metrics that are printed', () => {
    const names = expr.match(/\bsession_\w+/g) ?? []
    expect(names.length).toBeGreaterThan(0)
    for (const name of names) expect(printed).toMatch(new RegExp(`^${name}[ {]`, 'm'))
  })

  test('groups and selects by labels that they have', () => {
    const [name = ''] = expr.match(/\bsession_\w+/) ?? []
    const known = new Set([...labelsOf(name), 'job', 'instance'])
    const grouped = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/))
    const selected = [...expr.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label = '']) => label)
    for (const label of [...grouped, ...selected]) expect([...known]).toContain(label)
  })

  test('names reasons that there are', () => {
    for (const [, pattern = ''] of expr.matchAll(/reason[=!]~"([^"]*)"/g))
      for (const reason of pattern.split('|')) expect(printed).toMatch(new RegExp(`reason="${reason}"`))
  })
})

describe('the alert rules', () => {
  test('cover too many sessions, a spike of ends, and errors of the store', () => {
    expect(rules.map(({ alert }) => alert)).toEqual(expect.arrayContaining(['TooManySessions', 'SessionEndsSpike', 'SessionStoreErrors']))
  })

  test('each says for how long, how grave, and what it means', () => {
    for (const rule of rules) {
      expect(rule).toMatchObject({
        for: expect.stringMatching(/^\d+m$/),
        labels: { severity: expect.stringMatching(/^(warning|critical)$/) },
      })
      expect(rule.annotations.summary).toContain('$value')
      expect(rule.annotations.description).not.toBe('')
    }
  })

  // Part of Prometheus, which not every machine has.
  const hasPromtool = spawnSync('promtool', ['--version']).status === 0
  const onPrometheus = hasPromtool ? test : test.skip
  onPrometheus('pass promtool, and fire when they should and not before', () => {
    for (const args of [
      ['check', 'rules', RULES],
      ['test', 'rules', 'test/ops/prometheus-rules.test.yml'],
    ]) {
      const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' })
      expect(`${status} ${stdout}${stderr}`).toMatch(/^0 /)
    }
  })
})

describe('the dashboard', () => {
  test('has panels that do not overlap, each with a title, a description and a number of its own', () => {
    const taken = new Set<string>()
    for (const { gridPos } of panels)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x} ${y}`)).toBe(false)
          taken.add(`${x} ${y}`)
        }
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    for (const panel of panels) expect(panel).toMatchObject({ title: expect.any(String), description: expect.any(String) })
  })

  test('shows every metric', () => {
    const all = [...printed.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name as string)
    const shown = queries.map(([, expr]) => expr).join(' ')
    expect(all.length).toBeGreaterThan(8)
    for (const name of all) expect(shown).toContain(name)
  })
})
