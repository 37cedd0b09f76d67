import { createApp as createSteadyApp } from './steady-session.mjs'

export function createApp() {
  return createSteadyApp({ store: 'cookie' })
}
