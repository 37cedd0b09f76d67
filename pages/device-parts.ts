// How a session is shown, on both pages.
import type { ManagedSession } from '../lib/managed-session.js'
import { type Device, deviceOf } from './agent.js'
import { type Html, html } from './html.js'
import { filled } from './texts.js'
import type { Visit } from './visit.js'

export function deviceName({ site: { texts } }: Visit, agent: string | null): string {
  const { browser, system } = deviceOf(agent)
  if (browser !== null && system !== null) return filled(texts.deviceOn, { browser, system })
  return browser ?? system ?? texts.unknownDevice
}

export function lastSeen(visit: Visit, { lastSeenAt }: ManagedSession): Html {
  return visit.site.times.ago(lastSeenAt, visit.session.info.now)
}

export function signedInAt(visit: Visit, { authenticatedAt, startedAt }: ManagedSession): Html {
  return visit.site.times.ago(authenticatedAt ?? startedAt, visit.session.info.now)
}

/** That it is going to be ended. */
export function noticeOf({ site, session }: Visit, { notice }: ManagedSession): Html | null {
  if (notice === null) return null
  const when = filled(site.texts.endsSoon, { time: site.times.relative(notice.endsAt, session.info.now) })
  return html`<p class="notice">${when}${notice.message === '' ? null : ` ${notice.message}`}</p>`
}

/** A button whose name says for the ear what the eye sees beside it. */
export function namedButton(text: string, of: string, look = ''): Html {
  return html`<button${look === '' ? null : html` class="${look}"`}>${text}<span class="unseen"> ${of}</span></button>`
}

const SHAPES: Readonly<Record<Device['kind'], Html>> = {
  computer: html`<rect x="4" y="5" width="16" height="11" rx="1.5"/><path d="M2 19h20"/>`,
  phone: html`<rect x="7" y="2.5" width="10" height="19" rx="2"/><path d="M11 18.5h2"/>`,
  program: html`<rect x="3" y="4" width="18" height="16" rx="1.5"/><path d="m7 9 3 3-3 3M12.5 15H17"/>`,
}

export function deviceIcon(agent: string | null): Html {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${SHAPES[deviceOf(agent).kind]}</svg>`
}
