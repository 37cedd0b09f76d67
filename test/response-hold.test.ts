import { expect, test } from '@jest/globals'
import { answerTo, asyncHooks, held, request, syncHooks, withoutCookie } from './support/hold-exchange.js'
import { HANDLERS } from './support/hold-handlers.js'

for (const [mode, hooks] of [
  ['at once', syncHooks],
  ['after a wait', asyncHooks],
] as const) {
  for (const method of ['GET', 'HEAD']) {
    test.each(HANDLERS)(`T-66: a commit done ${mode} leaves ${method} bytes as they are and adds one line: %s`, async (_name, handler) => {
      const bare = await answerTo(handler, request({ method }))
      const answer = withoutCookie(await answerTo(held(handler, hooks), request({ method })))
      expect(answer).toEqual({ bytes: bare, cookies: 1 })
    })
  }
}
