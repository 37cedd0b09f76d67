import { expect, test } from '@jest/globals'
import { route } from '../security/kit.js'
import { Browser } from '../support/browser.js'
import { FRAMEWORKS, type Framework, siteOpener } from '../support/site.js'

const open = siteOpener()

test.each(Object.keys(FRAMEWORKS) as Framework[])(
  'a function cookie that throws when the cookie is written ends in the error page, and does not hang the response: %s',
  async (framework) => {
    let calls = 0
    const cookie = () => {
      calls += 1
      // The first question is whether the cookie may travel on this connection.
      if (calls > 1) throw new Error('of the function')
      return {}
    }
    const site = await open({ framework, options: { cookie }, routes: { '/set': route((session) => session.set('n', 1)) } })
    const browser = new Browser(site.port)
    expect([(await browser.get('/set')).status, browser.cookies.size]).toEqual([500, 0])
  },
)
