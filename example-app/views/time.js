import { html } from './html.js'

export function when(date) {
  return html`<time datetime="${date.toISOString()}">${date.toISOString().slice(0, 19).replace('T', ' ')} UTC</time>`
}

/** `ends in 1 h 59 min`, with the exact time to hover over. */
export function until(date) {
  return html`<time datetime="${date.toISOString()}" title="${date.toISOString()}">ends in ${span(date.getTime() - Date.now())}</time>`
}

function span(ms) {
  const minutes = Math.max(0, Math.round(ms / 60_000))
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
  return hours === 0 ? `${rest} min` : `${hours} h ${rest} min`
}
