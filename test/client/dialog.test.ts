// The dialog that warns: for eyes, keyboards and screen readers, under a strict Content Security Policy.
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, jest, test } from '@jest/globals'
import type { Locator, Page } from 'playwright-core'
import type { SessionOptions } from '../../lib/index.js'
import { MINUTE, SECOND } from '../lib/harness.js'
import { type Desk, deskOpener, eventually, SPREAD, toldIn } from './desk.js'

jest.setTimeout(60_000)

const openDesk = deskOpener()

interface Warned {
  readonly desk: Desk
  readonly page: Page
  readonly dialog: Locator
}

/** A tab whose user was typing when the warning came. */
async function warned(texts: unknown = true, options?: SessionOptions, after = 8 * MINUTE): Promise<Warned> {
  const desk = await openDesk(options)
  const page = await desk.tab(texts)
  await page.getByLabel('Message').focus()
  await desk.pass(after + SPREAD)
  const dialog = page.getByRole('alertdialog')
  await dialog.waitFor()
  return { desk, page, dialog }
}

async function isGone(dialog: Locator): Promise<void> {
  await dialog.waitFor({ state: 'detached' })
}

function message(page: Page): Promise<string | null> {
  return page.locator('.session-dialog-message').textContent()
}

async function nameAndText(dialog: Locator): Promise<string> {
  return dialog.ariaSnapshot()
}

describe('the warning', () => {
  test('is an alert dialog with a name, a description and one button, which has the focus', async () => {
    const { page, dialog } = await warned()
    expect(await nameAndText(dialog)).toBe(
      [
        '- alertdialog "Are you still there?":',
        '  - heading "Are you still there?" [level=2]',
        '  - paragraph: You will be signed out in less than 2 minutes, unless you stay.',
        '  - alert',
        '  - button "Stay signed in"',
      ].join('\n'),
    )
    const described = await dialog.evaluate((root) => document.getElementById(root.getAttribute('aria-describedby') ?? '')?.textContent)
    expect(described).toContain('You will be signed out')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Stay signed in')
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.tagName)).not.toBe('INPUT')
  })

  test.each(['Enter', 'Space', 'Escape'])('%s stays, and the focus returns to where it was', async (key) => {
    const { desk, page, dialog } = await warned()
    await page.keyboard.press(key)
    await isGone(dialog)
    expect(await toldIn(page)).toEqual(['warning 120', 'safe 600'])
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Message')
    expect(desk.site.asked).toEqual(['status', 'status', 'stay'])
  })

  test('closes in the other tab, too', async () => {
    const desk = await openDesk()
    const pages = [await desk.tab(true), await desk.tab(true)] as const
    await desk.pass(8 * MINUTE + SPREAD)
    for (const page of pages) await page.getByRole('alertdialog').waitFor()
    await pages[1].getByRole('button', { name: 'Stay signed in' }).click()
    for (const page of pages) await isGone(page.getByRole('alertdialog'))
    expect(await toldIn(pages[0])).toEqual(['warning 120', 'safe 600'])
  })

  test('counts down each second for the eye, and in steps for the ear', async () => {
    const { desk, page } = await warned()
    const timer = page.locator('.session-dialog-timer')
    const seen: unknown[] = []
    for (const seconds of [0, 1, 59, 30, 19]) {
      await desk.pass(seconds * SECOND)
      seen.push([await timer.textContent(), /(\d+ \w+),/.exec((await message(page)) ?? '')?.[1]])
    }
    expect(seen).toEqual([
      ['2:00', '2 minutes'],
      ['1:59', '2 minutes'],
      ['1:00', '1 minute'],
      ['0:30', '30 seconds'],
      ['0:11', '30 seconds'],
    ])
    expect(await timer.getAttribute('aria-hidden')).toBe('true')
    expect(await page.locator('.session-dialog-message').getAttribute('aria-live')).toBe('polite')
  })

  test('says that the server could not be reached, and can be tried again', async () => {
    const { desk, page, dialog } = await warned()
    await desk.context.setOffline(true)
    const button = page.getByRole('button')
    await button.click()
    const failure = page.getByRole('alert')
    await eventually(async () => (await failure.textContent()) === 'The server could not be reached. Please try again.')
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    await eventually(() => dialog.isVisible())
    await desk.context.setOffline(false)
    await button.click()
    await isGone(dialog)
  })

  test('speaks the texts that the page gives, and times in its language', async () => {
    const texts = { title: 'Noch da?', message: 'Abmeldung in weniger als {time}.', stay: 'Angemeldet bleiben' }
    const desk = await openDesk()
    const page = await desk.tab(texts)
    await page.evaluate(() => {
      document.documentElement.lang = 'de'
    })
    await desk.pass(8 * MINUTE + SPREAD)
    await page.getByRole('alertdialog', { name: 'Noch da?' }).waitFor()
    expect(await message(page)).toBe('Abmeldung in weniger als 2 Minuten.')
    await page.evaluate(() => {
      document.documentElement.lang = 'no language'
    })
    await desk.pass(MINUTE)
    expect(await message(page)).toMatch(/in weniger als 1 \w+\./)
    await page.getByRole('button', { name: 'Angemeldet bleiben' }).click()
    await isGone(page.getByRole('alertdialog'))
  })
})

describe('the absolute end', () => {
  test('cannot be put off: the dialog says so, and is dismissed for good', async () => {
    const { desk, page, dialog } = await warned(true, { expiry: '10m', maxLifetime: '10m' })
    expect(await message(page)).toBe('Your session ends in less than 2 minutes and cannot be extended. Save your work now.')
    await page.keyboard.press('Escape')
    await eventually(async () => !(await dialog.isVisible()))
    await page.evaluate(() => watch.check())
    expect([await dialog.isVisible(), desk.site.asked.includes('stay')]).toEqual([false, false])
    await desk.pass(2 * MINUTE + SPREAD)
    await page.getByRole('alertdialog', { name: 'You have been signed out' }).waitFor()
  })

  test('is told once staying has used up all that was left', async () => {
    const { page } = await warned(true, { expiry: '10m', maxLifetime: '611s' }, 8 * MINUTE + 30 * SECOND)
    await page.getByRole('button', { name: 'Stay signed in' }).click()
    await page.getByRole('alertdialog', { name: 'You will be signed out soon' }).waitFor()
    await page.getByRole('button', { name: 'OK' }).click()
  })
})

describe('the end', () => {
  test('is told in the dialog, whose button loads the page again', async () => {
    const { desk, page, dialog } = await warned()
    await desk.pass(2 * MINUTE + SPREAD)
    await page.getByRole('alertdialog', { name: 'You have been signed out' }).waitFor()
    expect(await nameAndText(dialog)).toContain('- paragraph: Your session has ended. Sign in again to go on.')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Sign in again')
    const loaded = page.waitForEvent('load')
    await page.keyboard.press('Enter')
    await loaded
  })

  test('can be put aside, to look at what was typed', async () => {
    const { desk, page, dialog } = await warned()
    await desk.pass(2 * MINUTE + SPREAD)
    await page.getByRole('alertdialog', { name: 'You have been signed out' }).waitFor()
    await page.keyboard.press('Escape')
    await eventually(async () => !(await dialog.isVisible()))
    expect(await toldIn(page)).toEqual(['warning 120', 'ended 0'])
  })

  test('does not come to a page that has stopped watching, and its warning goes', async () => {
    const { desk, page, dialog } = await warned()
    await page.evaluate(() => watch.stop())
    await isGone(dialog)
    await desk.pass(2 * MINUTE + SPREAD)
    expect(await toldIn(page)).toEqual(['warning 120'])
  })
})

test('a strict Content Security Policy with Trusted Types has nothing against any of it', async () => {
  const { desk, page, dialog } = await warned()
  await page.getByRole('button').click()
  await isGone(dialog)
  await desk.pass(8 * MINUTE + SPREAD)
  await dialog.waitFor()
  await screenshot(page, 'dialog-warning.png')
  await desk.pass(2 * MINUTE + SPREAD)
  await page.getByRole('alertdialog', { name: 'You have been signed out' }).waitFor()
  await screenshot(page, 'dialog-ended.png')
  expect(await page.evaluate(() => globalThis.violations)).toEqual([])
  // The policy is in force.
  await page.evaluate(() => document.body.setAttribute('style', 'color: red'))
  await eventually(async () => (await page.evaluate(() => globalThis.violations)).length === 1)
})

/** For a person to look at: `SCREENSHOTS` names the folder. */
async function screenshot(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS']
  if (folder === undefined) return
  mkdirSync(dirname(`${folder}/${name}`), { recursive: true })
  await page.screenshot({ path: `${folder}/${name}` })
}
