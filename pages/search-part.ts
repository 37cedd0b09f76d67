// The form by which an administrator searches.
import { type Html, html } from './html.js'
import { type Search, SPANS } from './search.js'
import type { Visit } from './visit.js'

export function searchPart({ site, base }: Visit, { user, idle, age, sort }: Search): Html {
  const { texts, times } = site
  const spans = [['0', texts.any], ...SPANS.map((seconds) => [String(seconds), times.span(seconds)] as const)] as const
  const orders = [
    ['handle', texts.orderNone],
    ['idle', texts.orderIdle],
    ['age', texts.orderAge],
  ] as const
  return html`<form class="search" method="get" action="${base}/admin" role="search" aria-label="${texts.search}">
<p class="field"><label for="user">${texts.userId}</label><input id="user" name="user" type="search" value="${user}" maxlength="512" autocomplete="off" autocapitalize="none" spellcheck="false"></p>
${choice('idle', texts.idleFor, spans, String(idle))}
${choice('age', texts.olderThan, spans, String(age))}
${choice('sort', texts.order, orders, sort)}
<p class="choice"><button class="primary">${texts.show}</button> <a class="button" href="${base}/admin">${texts.clear}</a></p>
</form>`
}

function choice(name: string, label: string, options: readonly (readonly [value: string, text: string])[], chosen: string): Html {
  return html`<p class="field"><label for="${name}">${label}</label><select id="${name}" name="${name}">${options.map(
    ([value, text]) => html`<option value="${value}"${value === chosen ? html` selected` : null}>${text}</option>`,
  )}</select></p>
`
}
