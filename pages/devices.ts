// "Your devices": the sessions of who is signed in, and nobody else's.
import type { ManagedSession } from '../lib/managed-session.js'
import { isHandle } from '../lib/token.js'
import { deviceIcon, deviceName, lastSeen, namedButton, noticeOf, signedInAt } from './device-parts.js'
import { type Html, html } from './html.js'
import { answerPage } from './layout.js'
import { Refused } from './refused.js'
import { filled } from './texts.js'
import { postForm, say, seeOther, type Visit } from './visit.js'

/** A user who has more is a program; all of them can be ended together. */
const MOST_SHOWN = 100
const MOST_READ = 10_000

export async function showDevices(visit: Visit): Promise<void> {
  const { texts } = visit.site
  const devices = await devicesOf(visit)
  const shown = devices.slice(0, MOST_SHOWN)
  const left = devices.length - shown.length
  answerPage(visit, {
    heading: texts.yourDevices,
    content: html`<p class="intro">${texts.devicesIntro}</p>
<ul class="devices" role="list" aria-label="${texts.yourDevices}">
${shown.map((device) => deviceItem(visit, device))}
</ul>
${left > 0 ? html`<p>${filled(texts.more, { count: left })}</p>` : null}
${devices.length > 1 ? html`<p><a class="button danger" href="${visit.base}/end-others">${texts.endOthers}</a></p>` : null}`,
  })
}

export async function endDevice(visit: Visit): Promise<void> {
  const { form, session, site } = visit
  const { sessions } = site
  const handle = form.get('handle') ?? ''
  if (handle === session.info.handle) return signOut(visit)
  const found = isHandle(handle) ? await sessions.find(handle) : null
  // Somebody else's is not told from one that does not exist (T-16).
  if (found === null || found.userId !== session.info.userId) throw new Refused(404)
  await sessions.end(handle)
  site.changed()
  say(visit, 'saidEnded')
  seeOther(visit, '/')
}

export async function confirmEndOthers(visit: Visit): Promise<void> {
  const { site, base } = visit
  const count = (await devicesOf(visit)).filter(({ current }) => !current).length
  const buttons = html`<p class="choice"><button class="danger">${site.texts.endOthers}</button> <a class="button" href="${base}/">${site.texts.cancel}</a></p>`
  answerPage(visit, {
    heading: site.texts.endOthersTitle,
    content: html`<p>${filled(site.texts.endOthersQuestion, { count })}</p>${postForm(visit, '/end-others', {}, buttons)}`,
  })
}

export async function endOthers(visit: Visit): Promise<void> {
  const { session, site } = visit
  const { userId, handle } = session.info
  const count = await site.sessions.endAllOf(String(userId), handle === null ? {} : { except: handle })
  site.changed()
  say(visit, 'saidEndedMany', count)
  seeOther(visit, '/')
}

/** The own session ends, and its cookie with it. */
export async function signOut(visit: Visit): Promise<void> {
  await visit.session.signOut()
  visit.site.changed()
  seeOther(visit, '/')
}

/** This one first, then who was here last. */
async function devicesOf({ session, site }: Visit): Promise<ManagedSession[]> {
  const { userId, handle } = session.info
  const devices = await site.sessions.list({ user: String(userId), current: handle, limit: MOST_READ })
  return [...devices].sort((a, b) => Number(b.current) - Number(a.current) || b.lastSeenAt.getTime() - a.lastSeenAt.getTime())
}

function deviceItem(visit: Visit, device: ManagedSession): Html {
  const { texts } = visit.site
  const name = deviceName(visit, device.agent)
  const button = namedButton(texts.signOut, device.current ? texts.thisDevice : `${name}, ${device.address ?? texts.unknown}`)
  return html`<li class="device">
${deviceIcon(device.agent)}
<div>
<h2>${name}${device.current ? html` <span class="tag">${texts.thisDevice}</span>` : null}</h2>
<dl>
<div><dt>${texts.lastSeen}</dt><dd>${lastSeen(visit, device)}</dd></div>
<div><dt>${texts.signedIn}</dt><dd>${signedInAt(visit, device)}</dd></div>
<div><dt>${texts.address}</dt><dd>${device.address ?? texts.unknown}</dd></div>
</dl>
${device.remembered ? html`<p class="remembered">${texts.remembered}</p>` : null}
${noticeOf(visit, device)}
</div>
${postForm(visit, '/end', { handle: device.handle }, button)}
</li>
`
}
